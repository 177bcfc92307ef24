# What is known only here: secrets, and the name of this copy.
secret() { cat "/run/secrets/$1"; }
quoted() { printf %s "$(secret "$1")" | od -An -v -tx1 | tr -d ' \n' | sed 's/../%&/g'; }
INSTANCE="$HOSTNAME"; export INSTANCE
CACHE_URL='redis://:'"$(quoted cache.password)"'@cache:6379/0'; export CACHE_URL
CACHE_PASSWORD="$(secret cache.password)"; export CACHE_PASSWORD
DB_URL='postgresql://app:'"$(quoted db.app-password)"'@db:5432/harbour'; export DB_URL
DB_PASSWORD="$(secret db.app-password)"; export DB_PASSWORD
REDIS_URL='redis://:'"$(quoted cache.password)"'@cache:6379/0'; export REDIS_URL
REDIS_PASSWORD="$(secret cache.password)"; export REDIS_PASSWORD
DATABASE_URL='postgresql://app:'"$(quoted db.app-password)"'@db:5432/harbour'; export DATABASE_URL
PGPASSWORD="$(secret db.app-password)"; export PGPASSWORD
JWT_SECRET="$(secret JWT_SECRET)"; export JWT_SECRET
PARTNER_KEY="$(secret PARTNER_KEY)"; export PARTNER_KEY
