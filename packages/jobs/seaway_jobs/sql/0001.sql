-- Seaway's part, beside the tables of procrastinate 3.10.
-- A change of a job's state goes through procrastinate's own functions; here is what surrounds it.

CREATE TABLE seaway_jobs_version (number integer NOT NULL);
INSERT INTO seaway_jobs_version VALUES (0);

CREATE TABLE seaway_jobs_workers (
    -- one row for each connected session of a worker; the session holds the advisory lock
    -- (seaway_jobs_lock(), id) for as long as it lives, so that its end is known at once
    id bigint PRIMARY KEY REFERENCES procrastinate_workers (id) ON DELETE CASCADE,
    queue text NOT NULL,
    instance text NOT NULL,
    host text NOT NULL,
    process integer NOT NULL,
    concurrency integer NOT NULL,
    stopping boolean NOT NULL DEFAULT false
);

CREATE TABLE seaway_jobs_notes (
    job_id bigint PRIMARY KEY REFERENCES procrastinate_jobs (id) ON DELETE CASCADE,
    tries integer NOT NULL DEFAULT 0,
    crashes integer NOT NULL DEFAULT 0,
    cause text,
    reason text,
    trace text,
    percent smallint,
    said text,
    finished timestamptz,
    seconds double precision
);
CREATE INDEX seaway_jobs_notes_finished ON seaway_jobs_notes (finished) WHERE finished IS NOT NULL;

-- What comes next is read in order from an index. procrastinate_fetch_job_v2 sorts all that wait
-- for each job: 6.3 ms at 4,400 waiting jobs against 0.13 ms (docs/decisions/0037).
-- `lock` is set for a job in its last chance, after its workers ended: one at a time in a worker.
CREATE INDEX seaway_jobs_next ON procrastinate_jobs (queue_name, priority DESC, id)
    WHERE status = 'todo' AND scheduled_at IS NULL AND lock IS NULL;
CREATE INDEX seaway_jobs_suspects ON procrastinate_jobs (queue_name, priority DESC, id)
    WHERE status = 'todo' AND scheduled_at IS NULL AND lock IS NOT NULL;
CREATE INDEX seaway_jobs_due ON procrastinate_jobs (queue_name, scheduled_at)
    WHERE status = 'todo' AND scheduled_at IS NOT NULL;
CREATE INDEX seaway_jobs_orphans ON procrastinate_jobs (id)
    WHERE status = 'doing' AND worker_id IS NULL;

CREATE FUNCTION seaway_jobs_lock() RETURNS integer
    LANGUAGE sql IMMUTABLE AS $$ SELECT 1396785735 $$;

-- Wakes the workers of a queue, in the way procrastinate's own trigger does.
CREATE FUNCTION seaway_jobs_wake(_queue text, _job bigint) RETURNS void
    LANGUAGE sql AS $$
    SELECT pg_notify('procrastinate_queue_v1#' || _queue,
                     json_build_object('type', 'job_inserted', 'job_id', _job)::text)
$$;

CREATE FUNCTION seaway_jobs_tell(_job procrastinate_jobs, _state text, _percent integer, _text text)
    RETURNS void LANGUAGE sql AS $$
    SELECT pg_notify('seaway_jobs_changes', json_build_object(
        'job', _job.id, 'task', _job.task_name, 'queue', _job.queue_name, 'state', _state,
        'attempt', _job.attempts + 1, 'percent', _percent, 'text', left(_text, 500))::text)
$$;

-- Up to `_count` jobs for a worker; at most `_suspects` of them in their last chance.
CREATE FUNCTION seaway_jobs_take(_queue text, _worker bigint, _count integer, _suspects integer)
    RETURNS TABLE (id bigint, task text, payload jsonb, attempts integer, tries integer,
                   suspect boolean, enqueued timestamptz)
    LANGUAGE plpgsql AS $$
BEGIN
    UPDATE procrastinate_jobs ripe SET scheduled_at = NULL WHERE ripe.id IN (
        SELECT due.id FROM procrastinate_jobs due
        WHERE due.queue_name = _queue AND due.status = 'todo' AND due.scheduled_at <= now()
        ORDER BY due.scheduled_at LIMIT 1000 FOR UPDATE SKIP LOCKED);
    RETURN QUERY
    WITH suspects AS MATERIALIZED (
        SELECT j.id FROM procrastinate_jobs j
        WHERE j.queue_name = _queue AND j.status = 'todo' AND j.scheduled_at IS NULL
          AND j.lock IS NOT NULL
        ORDER BY j.priority DESC, j.id LIMIT _suspects FOR UPDATE SKIP LOCKED
    ), others AS MATERIALIZED (
        SELECT j.id FROM procrastinate_jobs j
        WHERE j.queue_name = _queue AND j.status = 'todo' AND j.scheduled_at IS NULL
          AND j.lock IS NULL
        ORDER BY j.priority DESC, j.id LIMIT _count - (SELECT count(*) FROM suspects)
        FOR UPDATE SKIP LOCKED
    ), taken AS (
        UPDATE procrastinate_jobs j SET status = 'doing', worker_id = _worker
        WHERE j.id = ANY (ARRAY(SELECT s.id FROM suspects s UNION ALL SELECT o.id FROM others o))
        RETURNING j.*, seaway_jobs_tell(j, 'running', NULL, NULL)::text AS told
    )
    SELECT t.id, t.task_name::text, t.args, t.attempts, coalesce(n.tries, 0), t.lock IS NOT NULL,
        (SELECT min(e.at) FROM procrastinate_events e WHERE e.job_id = t.id)
    FROM taken t LEFT JOIN seaway_jobs_notes n ON n.job_id = t.id
    ORDER BY t.priority DESC, t.id;
END $$;

-- The fence: locks the job until the transaction ends if this worker and this try still own it.
CREATE FUNCTION seaway_jobs_own(_job bigint, _attempts integer, _worker bigint)
    RETURNS procrastinate_jobs LANGUAGE sql AS $$
    SELECT j FROM procrastinate_jobs j
    WHERE j.id = _job AND j.attempts = _attempts AND j.worker_id = _worker AND j.status = 'doing'
    FOR UPDATE
$$;

CREATE FUNCTION seaway_jobs_done(
    _job bigint, _attempts integer, _worker bigint, _seconds double precision
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    mine procrastinate_jobs := seaway_jobs_own(_job, _attempts, _worker);
BEGIN
    IF mine.id IS NULL THEN RETURN false; END IF;
    PERFORM procrastinate_finish_job_v1(_job, 'succeeded', false);
    INSERT INTO seaway_jobs_notes (job_id, finished, seconds, percent)
        VALUES (_job, clock_timestamp(), _seconds, 100)
        ON CONFLICT (job_id) DO UPDATE SET finished = EXCLUDED.finished,
            seconds = EXCLUDED.seconds, percent = 100;
    PERFORM seaway_jobs_tell(mine, 'done', 100, NULL);
    RETURN true;
END $$;

-- A try came to nothing. Without a wait the job is dead; with one it is tried again after it.
CREATE FUNCTION seaway_jobs_failed(
    _job bigint, _attempts integer, _worker bigint, _wait interval, _why jsonb
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    mine procrastinate_jobs := seaway_jobs_own(_job, _attempts, _worker);
    dead boolean := _wait IS NULL;
    counted integer := (_why ->> 'counts')::boolean::integer;
BEGIN
    IF mine.id IS NULL THEN RETURN false; END IF;
    IF dead THEN
        PERFORM procrastinate_finish_job_v1(_job, 'failed', false);
    ELSE
        PERFORM procrastinate_retry_job_v2(_job, clock_timestamp() + _wait,
                                           NULL, NULL, NULL);
        PERFORM seaway_jobs_wake(mine.queue_name, _job);
    END IF;
    INSERT INTO seaway_jobs_notes AS n (job_id, tries, cause, reason, trace, finished, seconds)
        VALUES (_job, counted, CASE WHEN dead THEN _why ->> 'cause' END, _why ->> 'reason',
                _why ->> 'trace', CASE WHEN dead THEN clock_timestamp() END,
                (_why ->> 'seconds')::double precision)
        ON CONFLICT (job_id) DO UPDATE SET tries = n.tries + counted, cause = EXCLUDED.cause,
            reason = EXCLUDED.reason, trace = EXCLUDED.trace, finished = EXCLUDED.finished,
            seconds = EXCLUDED.seconds;
    PERFORM seaway_jobs_tell(mine, CASE WHEN dead THEN 'dead' ELSE 'delayed' END, NULL,
                             _why ->> 'reason');
    RETURN true;
END $$;

-- Not begun, or not to be finished here: it waits again, and nothing is counted.
CREATE FUNCTION seaway_jobs_give_back(_job bigint, _attempts integer, _worker bigint)
    RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    mine procrastinate_jobs := seaway_jobs_own(_job, _attempts, _worker);
BEGIN
    IF mine.id IS NULL THEN RETURN false; END IF;
    PERFORM procrastinate_retry_job_v2(_job, NULL, NULL, NULL, NULL);
    PERFORM seaway_jobs_wake(mine.queue_name, _job);
    PERFORM seaway_jobs_tell(mine, 'waiting', NULL, NULL);
    RETURN true;
END $$;

CREATE FUNCTION seaway_jobs_progress(
    _job bigint, _attempts integer, _worker bigint, _percent integer, _text text
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    mine procrastinate_jobs := seaway_jobs_own(_job, _attempts, _worker);
BEGIN
    IF mine.id IS NULL THEN RETURN false; END IF;
    INSERT INTO seaway_jobs_notes (job_id, percent, said) VALUES (_job, _percent, _text)
        ON CONFLICT (job_id) DO UPDATE SET percent = EXCLUDED.percent, said = EXCLUDED.said;
    PERFORM seaway_jobs_tell(mine, 'running', _percent, _text);
    RETURN true;
END $$;

-- One job whose worker is lost: again, or parked when that happened too often.
CREATE FUNCTION seaway_jobs_rescue(_job procrastinate_jobs, _why text, _crashes integer)
    RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    seen integer;
BEGIN
    INSERT INTO seaway_jobs_notes AS n (job_id, crashes, reason) VALUES (_job.id, 1, _why)
        ON CONFLICT (job_id) DO UPDATE SET crashes = n.crashes + 1, reason = EXCLUDED.reason
        RETURNING n.crashes INTO seen;
    IF seen >= _crashes THEN
        UPDATE seaway_jobs_notes SET cause = 'crashed', finished = clock_timestamp(),
            reason = format('%s workers ended or fell silent while it ran; the last: %s', seen, _why)
            WHERE job_id = _job.id;
        PERFORM procrastinate_finish_job_v1(_job.id, 'failed', false);
        PERFORM seaway_jobs_tell(_job, 'dead', NULL, _why);
    ELSE
        -- its last chance: no other such job runs beside it, so that it is known who did it
        PERFORM procrastinate_retry_job_v2(_job.id, NULL, NULL, NULL,
            CASE WHEN seen >= _crashes - 1 THEN 'crashed ' || _job.id END);
        PERFORM seaway_jobs_wake(_job.queue_name, _job.id);
        PERFORM seaway_jobs_tell(_job, 'waiting', NULL, _why);
    END IF;
    RETURN seen >= _crashes;
END $$;

-- Looks after the jobs of workers that are gone (their session's lock is free, which only
-- `_judge` makes count) or that were silent for longer than the lease.
CREATE FUNCTION seaway_jobs_take_over(_me bigint, _judge boolean, _lease interval, _crashes integer)
    RETURNS TABLE (job bigint, task text, why text, parked boolean) LANGUAGE plpgsql AS $$
DECLARE
    lost record;
    held procrastinate_jobs;
BEGIN
    FOR lost IN
        SELECT w.*, p.last_heartbeat FROM seaway_jobs_workers w
        JOIN procrastinate_workers p ON p.id = w.id WHERE w.id <> _me
    LOOP
        IF _judge AND pg_try_advisory_xact_lock(seaway_jobs_lock(), lost.id::integer) THEN
            why := format('worker %s (process %s on %s) ended', lost.instance, lost.process, lost.host);
        ELSIF lost.last_heartbeat < clock_timestamp() - _lease THEN
            why := format('worker %s (process %s on %s) was silent for %s s', lost.instance,
                lost.process, lost.host,
                round(extract(epoch FROM clock_timestamp() - lost.last_heartbeat)));
        ELSE
            CONTINUE;
        END IF;
        FOR held IN
            SELECT j.* FROM procrastinate_jobs j
            WHERE j.worker_id = lost.id AND j.status = 'doing' FOR UPDATE SKIP LOCKED
        LOOP
            job := held.id; task := held.task_name;
            parked := seaway_jobs_rescue(held, why, _crashes);
            RETURN NEXT;
        END LOOP;
        -- a job may be locked by the last transaction of the lost one: then look again later
        DELETE FROM procrastinate_workers p WHERE p.id = lost.id AND NOT EXISTS (
            SELECT FROM procrastinate_jobs j WHERE j.worker_id = lost.id AND j.status = 'doing');
    END LOOP;
    why := 'its worker is not known any more';
    FOR held IN
        SELECT j.* FROM procrastinate_jobs j
        WHERE j.status = 'doing' AND j.worker_id IS NULL FOR UPDATE SKIP LOCKED
    LOOP
        job := held.id; task := held.task_name;
        parked := seaway_jobs_rescue(held, why, _crashes);
        RETURN NEXT;
    END LOOP;
END $$;

-- Dead and dropped jobs wait again, with nothing counted against them.
CREATE FUNCTION seaway_jobs_replay(_jobs bigint[]) RETURNS SETOF bigint LANGUAGE plpgsql AS $$
DECLARE
    each_ procrastinate_jobs;
BEGIN
    FOR each_ IN
        SELECT j.* FROM procrastinate_jobs j
        WHERE j.id = ANY (_jobs) AND j.status IN ('failed', 'cancelled') ORDER BY j.id FOR UPDATE
    LOOP
        -- procrastinate replays only what failed
        UPDATE procrastinate_jobs j SET status = 'failed'
            WHERE j.id = each_.id AND j.status = 'cancelled';
        PERFORM procrastinate_retry_job_v2(each_.id, NULL, NULL, NULL, NULL);
        UPDATE procrastinate_jobs j SET lock = NULL, worker_id = NULL WHERE j.id = each_.id;
        UPDATE seaway_jobs_notes n SET tries = 0, crashes = 0, cause = NULL, reason = NULL,
            trace = NULL, percent = NULL, said = NULL, finished = NULL, seconds = NULL
            WHERE n.job_id = each_.id;
        PERFORM seaway_jobs_wake(each_.queue_name, each_.id);
        PERFORM seaway_jobs_tell(each_, 'waiting', NULL, NULL);
        RETURN NEXT each_.id;
    END LOOP;
END $$;

-- Jobs that wait, are delayed or dead will not run; those that run are left alone.
CREATE FUNCTION seaway_jobs_drop(_jobs bigint[]) RETURNS SETOF bigint LANGUAGE plpgsql AS $$
DECLARE
    each_ procrastinate_jobs;
BEGIN
    FOR each_ IN
        SELECT j.* FROM procrastinate_jobs j
        WHERE j.id = ANY (_jobs) AND j.status IN ('todo', 'failed') ORDER BY j.id FOR UPDATE
    LOOP
        IF each_.status = 'failed' THEN
            UPDATE procrastinate_jobs j SET status = 'cancelled' WHERE j.id = each_.id;
        ELSE
            PERFORM procrastinate_cancel_job_v1(each_.id, false, false);
        END IF;
        INSERT INTO seaway_jobs_notes (job_id, finished) VALUES (each_.id, clock_timestamp())
            ON CONFLICT (job_id) DO UPDATE SET finished = EXCLUDED.finished;
        PERFORM seaway_jobs_tell(each_, 'dropped', NULL, NULL);
        RETURN NEXT each_.id;
    END LOOP;
END $$;

-- Removes what was done or dropped longer ago than `_keep`; dead jobs stay.
CREATE FUNCTION seaway_jobs_prune(_keep interval) RETURNS bigint LANGUAGE sql AS $$
    WITH old AS (
        DELETE FROM procrastinate_jobs j WHERE j.id IN (
            SELECT n.job_id FROM seaway_jobs_notes n JOIN procrastinate_jobs o ON o.id = n.job_id
            WHERE n.finished < clock_timestamp() - _keep AND o.status IN ('succeeded', 'cancelled')
            ORDER BY n.finished LIMIT 1000 FOR UPDATE OF o SKIP LOCKED)
        RETURNING 1)
    SELECT count(*) FROM old
$$;

-- A new session of a worker; it takes with it what its last session has in hand, and only that.
CREATE FUNCTION seaway_jobs_register(_about jsonb, _last bigint, _in_hand bigint[])
    RETURNS TABLE (worker bigint, kept bigint[]) LANGUAGE plpgsql AS $$
DECLARE
    left_over bigint;
BEGIN
    SELECT r.worker_id INTO worker FROM procrastinate_register_worker_v1() r;
    -- before anyone can see the row
    PERFORM pg_advisory_lock(seaway_jobs_lock(), worker::integer);
    INSERT INTO seaway_jobs_workers (id, queue, instance, host, process, concurrency)
        SELECT worker, _about ->> 'queue', _about ->> 'instance', _about ->> 'host',
            (_about ->> 'process')::integer, (_about ->> 'concurrency')::integer;
    WITH moved AS (
        UPDATE procrastinate_jobs j SET worker_id = worker
        WHERE j.worker_id = _last AND j.status = 'doing' AND j.id = ANY (_in_hand) RETURNING j.id)
    SELECT coalesce(array_agg(m.id), '{}') INTO kept FROM moved m;
    FOR left_over IN
        -- taken, but the answer never came
        SELECT j.id FROM procrastinate_jobs j WHERE j.worker_id = _last AND j.status = 'doing' FOR UPDATE
    LOOP
        PERFORM procrastinate_retry_job_v2(left_over, NULL, NULL, NULL, NULL);
    END LOOP;
    PERFORM procrastinate_unregister_worker_v1(_last);
    RETURN NEXT;
END $$;

-- A sign of life; what the worker owns, or null where others hold it for lost.
CREATE FUNCTION seaway_jobs_beat(_worker bigint) RETURNS bigint[] LANGUAGE plpgsql AS $$
BEGIN
    PERFORM procrastinate_update_heartbeat_v1(_worker);
    IF NOT EXISTS (SELECT FROM procrastinate_workers w WHERE w.id = _worker) THEN
        RETURN NULL;
    END IF;
    RETURN ARRAY(SELECT j.id FROM procrastinate_jobs j
                 WHERE j.worker_id = _worker AND j.status = 'doing');
END $$;
