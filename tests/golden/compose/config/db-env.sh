# What is known only here: secrets, and the name of this copy.
secret() { cat "/run/secrets/$1"; }
quoted() { printf %s "$(secret "$1")" | od -An -v -tx1 | tr -d ' \n' | sed 's/../%&/g'; }
POSTGRES_PASSWORD="$(secret db.password)"; export POSTGRES_PASSWORD
APP_PASSWORD="$(secret db.app-password)"; export APP_PASSWORD
PGPASSWORD="$(secret db.app-password)"; export PGPASSWORD
