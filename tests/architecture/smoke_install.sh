#!/usr/bin/env bash
# Build every distribution; install each one alone, with its siblings' wheels and stock pip; import it.
set -euo pipefail
cd "$(dirname "$0")/../.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
uv build --quiet --all-packages --wheel --out-dir "$scratch/wheels"
check() { # distribution, extra, statement
  python3 -m venv "$scratch/$1$2"
  "$scratch/$1$2/bin/pip" install --quiet --disable-pip-version-check --prefer-binary \
    --constraint constraints.txt --find-links "$scratch/wheels" "carnet-$1$2"
  "$scratch/$1$2/bin/python" -I -W error -c "$3"
  echo "carnet-$1$2: ok"
}
check securing "" "import carnet_securing.credential, sys; assert 'pydantic' not in sys.modules"
check schemas "" "import carnet_schemas.catalog"
check trust "" "import carnet_trust.lookups"
check hosting "" "import carnet_hosting.server, carnet_hosting.store, sys; assert not {'pydantic', 'fastapi'} & set(sys.modules)"
check verifier "" "import carnet_verifier, sys; heavy = {'carnet_hosting', 'fastapi', 'starlette', 'sqlalchemy', 'httpx2'}; assert not heavy & set(sys.modules)"
check verifier "[service]" "import carnet_verifier.service"
check issuer "" "import carnet_issuer.service"
check wallet "" "import carnet_wallet.wallet"
check cli "" "import carnet_cli.main"
"$scratch/cli/bin/carnet" --help > /dev/null
