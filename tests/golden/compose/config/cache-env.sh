# What is known only here: secrets, and the name of this copy.
secret() { cat "/run/secrets/$1"; }
quoted() { printf %s "$(secret "$1")" | od -An -v -tx1 | tr -d ' \n' | sed 's/../%&/g'; }
REDIS_PASSWORD="$(secret cache.password)"; export REDIS_PASSWORD
