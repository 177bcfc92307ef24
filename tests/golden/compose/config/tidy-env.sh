# What is known only here: secrets, and the name of this copy.
secret() { cat "/run/secrets/$1"; }
quoted() { printf %s "$(secret "$1")" | od -An -v -tx1 | tr -d ' \n' | sed 's/../%&/g'; }
INSTANCE="$HOSTNAME"; export INSTANCE
DB_URL='postgresql://app:'"$(quoted db.app-password)"'@db:5432/harbour'; export DB_URL
DB_PASSWORD="$(secret db.app-password)"; export DB_PASSWORD
DATABASE_URL='postgresql://app:'"$(quoted db.app-password)"'@db:5432/harbour'; export DATABASE_URL
PGPASSWORD="$(secret db.app-password)"; export PGPASSWORD
