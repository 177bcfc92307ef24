# Everything a developer runs. 'just' is in .venv/bin once 'bin/setup develop' has run.

set shell := ["bash", "-euo", "pipefail", "-c"]

export PATH := justfile_directory() / ".venv/bin:" + env("PATH")

# list the recipes
default:
    @just --list --unsorted

# install everything for developing into .venv
setup:
    bin/setup develop

# all that must be green before a commit lands
check: lint types contracts shape web stacks scan test

# find mistakes and unformatted code, unused dependencies, faults in shell scripts
lint:
    ruff check
    ruff format --check
    deptry src
    shellcheck bin/* .ci/run tools/bare-host tools/engine tools/lock tools/protos tools/stack-tests tools/verify tools/web-types

# let ruff repair and format what it can
tidy:
    ruff check --fix
    ruff format

# check types twice: mypy decides, basedpyright is the second opinion
types:
    mypy
    [ ! -d tests/typing ] || mypy tests/typing
    basedpyright

# check that imports follow the layers (docs/map.md)
contracts:
    lint-imports

# check the types of the Python projects in stacks/ and packages/ and run their own tests
stacks *arguments:
    tools/stack-tests {{ arguments }}

# show how long files and functions are; fail beyond the limits
shape:
    python tools/shape.py

# write the generated pages of docs/; 'just docs --check' only tells which are not current
docs *arguments:
    python -m tools.reference {{ arguments }}

# run every command shown in the documents and write what it prints; paths name some pages
consoles *arguments:
    python tools/consoles.py {{ arguments }}

# check the types of the pages of each stack, where npm is installed
web:
    tools/web-types

# ask hadolint, checkov and trivy what they find in the images and projects that Seaway writes
scan:
    python -m tools.scan

# run the tests; options and paths go to pytest
test *arguments:
    bin/test {{ arguments }}

# run the tests that need a Docker engine, in one that is started for them if none answers
docker *arguments:
    tools/engine run bin/test tests/docker tests/contracts -k docker {{ arguments }}

# kill, fill and cut for real: 'just faults' for minutes, 'just faults long' for an hour
faults length="short" *arguments:
    SEAWAY_FAULTS={{ length }} python -m pytest tests/faults {{ arguments }}

# break things as often as was promised, and say what came of it: 'just torture T01 --full --seed 7'
torture *arguments:
    python -m tests.faults.torture {{ arguments }}

# destroy each system, volumes and all, and bring it back by its runbook: half an hour
runbooks *arguments:
    SEAWAY_RUNBOOKS=all python -m pytest --timeout 900 tests/journeys/test_runbooks.py {{ arguments }}

# hear people speak, by the model alone and through LuLab: fetches 150 MB once
speech *arguments:
    bin/test -m long {{ arguments }} tests/ai/test_models_hear.py tests/journeys/test_lulab_speech.py

# bring a stack up in a state folder of its own, try its acceptance list, take it down again; 'all' for each in turn
verify stack="aixsss" *arguments:
    tools/verify {{ stack }} {{ arguments }}

# how well answers from documents are found and supported: '-v' shows what went wrong
evaluate-rag *arguments:
    python -m tests.evaluation.rag {{ arguments }}

# look for counterexamples that the fixed examples of 'just test' do not reach
fuzz *arguments:
    python -m pytest tests/unit --hypothesis-profile=fuzz --timeout=0 {{ arguments }}

# make the code of the gRPC contracts of the stacks anew, from their .proto files
protos:
    tools/protos

# write requirements/*.txt from pyproject.toml; 'just lock --upgrade' takes newer versions
lock *arguments:
    tools/lock {{ arguments }}
