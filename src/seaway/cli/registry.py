"""Registry: the one of a stack; its password is kept where people push from, not on the host."""

from seaway import wiring
from seaway.errors import UsageError
from seaway.model.settings.reference import EnvReference, SecretReference, reference
from seaway.model.settings.registry import REGISTRY
from seaway.model.stack import Stack
from seaway.targets.docker.hosts.registry import Registry


def registry_of(stack: Stack) -> Registry | None:
    """As the stack file has it; None where images are sent as they are.

    Raises:
        UsageError: SW243, its password is not here.
    """
    if stack.registry is None:
        return None
    form = REGISTRY.validate_python(stack.registry)
    password = _password(stack, form.at, form.password) if form.password else ""
    return Registry(at=form.at, user=form.user, password=password)


def secret_kept_here(stack: Stack) -> str:
    """The name of the secret that its registry wants; empty for none."""
    written = stack.registry.get("password") if isinstance(stack.registry, dict) else None
    found = reference(written) if isinstance(written, str) else None
    return found.name if isinstance(found, SecretReference) else ""


def _password(stack: Stack, registry: str, written: str) -> str:
    """Raises UsageError: SW243, it is not set."""
    found, name = reference(written), ""
    match found:
        case EnvReference(name) if name in wiring.ENVIRON:
            return wiring.ENVIRON[name]
        case SecretReference(name):
            vault = wiring.open_vault(wiring.state_folder(stack.name, stack.environment))
            if name in vault.versions():
                return vault.read(name)
        case _:
            pass
    facts = {"registry": registry, "name": name, "environment": stack.environment}
    raise UsageError("SW243", **facts)
