-- What stands here looks across users and therefore returns nothing but the
-- keys of stale rows; what happens to them goes through store.For(user). The
-- four on chat_replicas touch what belongs to no user.

-- name: StaleCalls :many
SELECT user_id, tool, call_key
FROM tool_calls
WHERE created_at < @stale_before
ORDER BY created_at
LIMIT @max_rows;

-- name: StaleChatUsers :many
-- Each part is a range of an index by age.
SELECT k.user_id FROM chat_keys AS k WHERE k.created_at < @keys_before
UNION SELECT t.user_id FROM chat_turns AS t WHERE t.state <> 'running' AND t.started_at < @turns_before
UNION SELECT c.user_id FROM chat_client_sessions AS c WHERE c.ends_at < @now
UNION SELECT s.user_id FROM chat_stops AS s WHERE s.asked_at < @stops_before
UNION SELECT u.user_id FROM chat_usage AS u WHERE u.day < @usage_before
LIMIT @max_rows;

-- name: StaleAttachments :many
SELECT user_id, attachment_id
FROM chat_attachments
WHERE expires_at < @now
ORDER BY expires_at
LIMIT @max_rows;

-- name: DeadTurns :many
SELECT user_id, session_id, turn_id, owner
FROM chat_turns
WHERE state = 'running'
  AND started_at < @silent_since
  AND owner NOT IN (SELECT owner FROM chat_replicas WHERE beat_at >= @silent_since)
ORDER BY started_at
LIMIT @max_rows;

-- name: StopsFor :many
SELECT user_id, session_id, turn_id
FROM chat_stops
WHERE owner = @owner;

-- name: Beat :exec
INSERT INTO chat_replicas (owner, beat_at)
VALUES (@owner, @beat_at)
ON CONFLICT (owner) DO UPDATE
SET beat_at = excluded.beat_at;

-- name: HeardSince :one
-- A row that is no process's says since when beats of whoever it may be came
-- without a gap: since then the database was there to be told.
INSERT INTO chat_replicas (owner, beat_at)
VALUES ('heard since', @now)
ON CONFLICT (owner) DO UPDATE
SET beat_at = CASE
        WHEN EXISTS (SELECT 1 FROM chat_replicas AS r WHERE r.owner <> 'heard since' AND r.beat_at >= @gap_from) THEN chat_replicas.beat_at
        ELSE excluded.beat_at
    END
RETURNING beat_at;

-- name: LastBeat :one
SELECT beat_at
FROM chat_replicas
WHERE owner = @owner;

-- name: DeleteSilentReplicas :exec
DELETE FROM chat_replicas
WHERE beat_at < @silent_since
  AND owner <> 'heard since';
