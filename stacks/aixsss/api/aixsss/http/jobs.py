"""Lets users have things written by a model, see how far it is, cancel, and replay what failed."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response
from pydantic import AfterValidator, Field
from seaway_service.bodies import Answer, Body, Moment, sent, takes
from seaway_service.problems import conflict, not_found
from seaway_service.routes import router_of

from aixsss.ai.providers import PROVIDERS
from aixsss.ai.writing import MOST_SCENES, Kind
from aixsss.http.identity import Caller
from aixsss.parts import Known
from aixsss.stores.job import Job, JobState, NewJob
from aixsss.stores.jobs import NotNowError, TooManyJobsError

LONGEST_PROMPT = 8000

router = router_of("jobs")


def known_provider(name: str) -> str:
    """Return the name if its models can be asked; empty is the stack's own model."""
    if name and name not in PROVIDERS:
        raise ValueError(f"must be one of {', '.join(PROVIDERS)}, or left out")
    return name


class Wanted(Body):
    """What a user wants to be written."""

    kind: Kind
    prompt: Annotated[str, Field(min_length=1, max_length=LONGEST_PROMPT)]
    scenes: Annotated[int, Field(ge=2, le=MOST_SCENES, description="of a storyboard")] = 4
    provider: Annotated[str, AfterValidator(known_provider)] = ""


class Reason(Answer):
    """Why a job is dead, or waits for its next try."""

    code: str
    detail: str


class ShownJob(Answer):
    """A job and how far it is; units of `percent`: percent."""

    id: UUID
    kind: Kind
    prompt: str
    provider: str
    state: JobState
    percent: int
    pieces: int
    done: int
    attempt: int
    reason: Reason | None
    retry_at: Moment | None
    worker: str
    preview: str
    created_at: Moment
    finished_at: Moment | None


class OneJob(Answer):
    """A job, and what is written of its result."""

    job: ShownJob
    texts: tuple[str, ...]


class AllJobs(Answer):
    """The jobs of a user, the newest first."""

    jobs: tuple[ShownJob, ...]


@router.post("/jobs", status_code=202, openapi_extra=takes(Wanted))
async def create_job(
    known: Known, identity: Caller, wanted: Annotated[Wanted, Depends(sent(Wanted))]
) -> OneJob:
    """Put a job into the queue."""
    prompt = wanted.prompt.strip()
    if wanted.provider and not await known.provider_keys.has(identity.user_id, wanted.provider):
        raise conflict("no_key", f"save a key for {wanted.provider} first")
    new = NewJob(kind=wanted.kind, prompt=prompt, scenes=wanted.scenes, provider=wanted.provider)
    try:
        job = await known.jobs.add(identity.user_id, new)
    except TooManyJobsError as error:
        raise conflict("too_many_jobs", "wait until some of your jobs are done") from error
    return OneJob(job=shown(job), texts=())


@router.get("/jobs")
async def list_jobs(known: Known, identity: Caller, state: JobState | None = None) -> AllJobs:
    """List the caller's jobs; with `state`, those alone."""
    jobs = await known.jobs.of(identity.user_id)
    return AllJobs(jobs=tuple(shown(job) for job in jobs if state in {None, job.state}))


@router.get("/jobs/{job_id:uuid}")
async def one_job(known: Known, identity: Caller, job_id: UUID) -> OneJob:
    """Show a job and what is written."""
    found = await known.jobs.one(identity.user_id, job_id)
    if found is None:
        raise not_found("job")
    return OneJob(job=shown(found[0]), texts=found[1])


@router.post("/jobs/{job_id:uuid}/cancel")
async def cancel_job(known: Known, identity: Caller, job_id: UUID) -> OneJob:
    """Take a job out of the queue, or stop it where it runs."""
    try:
        return answered(await known.jobs.cancel(identity.user_id, job_id))
    except NotNowError as error:
        raise conflict("job_over", "the job is over") from error


@router.post("/jobs/{job_id:uuid}/replay", status_code=202)
async def replay_job(known: Known, identity: Caller, job_id: UUID) -> OneJob:
    """Try a dead job again, from the piece it failed at."""
    try:
        return answered(await known.jobs.replay(identity.user_id, job_id))
    except NotNowError as error:
        raise conflict("job_not_dead", "only dead jobs are replayed") from error


@router.delete("/jobs/{job_id:uuid}", status_code=204)
async def delete_job(known: Known, identity: Caller, job_id: UUID) -> Response:
    """Forget a job that is over, and its result."""
    try:
        if not await known.jobs.delete(identity.user_id, job_id):
            raise not_found("job")
    except NotNowError as error:
        raise conflict("job_under_way", "cancel the job first") from error
    return Response(status_code=204)


def answered(job: Job | None) -> OneJob:
    """Return the job as the answer, if it is the caller's."""
    if job is None:
        raise not_found("job")
    return OneJob(job=shown(job), texts=())


def shown(job: Job) -> ShownJob:
    """Return what a user sees of the job."""
    code, detail = job.reason
    record = job.record
    return ShownJob(
        id=record.id,
        kind=Kind(record.kind),
        prompt=record.prompt,
        provider=record.provider,
        state=job.state,
        percent=job.percent,
        pieces=record.pieces,
        done=job.done,
        attempt=job.attempt,
        reason=Reason(code=code, detail=detail) if code or detail else None,
        retry_at=job.retry_at,
        worker=job.worker,
        preview=job.preview,
        created_at=record.created_at,
        finished_at=record.finished_at,
    )
