-- name: CreateTurn :exec
-- Fails, and the transaction with it, when the session has a message behind
-- first_id, unless that is to be borne: NULL is not allowed there.
INSERT INTO chat_turns (
    user_id, session_id, turn_id, state, owner, new_session, first_id, last_id,
    started_at, written_at
)
VALUES (
    @user_id, @session_id, @turn_id, 'running', @owner, @new_session,
    CASE WHEN CAST(@anywhere AS BOOLEAN) OR NOT EXISTS (
        SELECT 1
        FROM chat_messages AS m
        WHERE m.user_id = @user_id
          AND m.session_id = @session_id
          AND m.message_id >= CAST(@first_id AS TEXT)
    ) THEN CAST(@first_id AS TEXT) END,
    '', @started_at, @started_at
);

-- name: GetTurnStart :one
-- What a turn on a session that is there has to know. It stands behind
-- TouchSession, which holds the session's row, and sees what the turn before
-- has committed.
SELECT sqlc.embed(s),
    CAST(COALESCE((
        SELECT t.turn_id
        FROM chat_turns AS t
        WHERE t.user_id = @user_id
          AND t.session_id = @session_id
          AND t.state = 'running'
    ), '') AS TEXT) AS running,
    CAST(COALESCE((
        SELECT MAX(m.message_id)
        FROM chat_messages AS m
        WHERE m.user_id = @user_id
          AND m.session_id = @session_id
    ), '') AS TEXT) AS last_id
FROM chat_sessions AS s
WHERE s.user_id = @user_id
  AND s.session_id = @session_id;

-- name: HoldTurn :exec
-- Stands in front of every write of a turn. It fails, and the write with it,
-- when the turn is over: NULL is not allowed there. Afterwards the turn cannot
-- be ended before this transaction is.
UPDATE chat_turns
SET written_at = CASE WHEN state = 'running' THEN CAST(@now AS TIMESTAMPTZ) END
WHERE user_id = @user_id
  AND session_id = @session_id
  AND turn_id = @turn_id;

-- name: CheckpointTurn :exec
UPDATE chat_turns
SET written_at = CASE WHEN state = 'running' THEN CAST(@now AS TIMESTAMPTZ) END,
    checkpoint = @checkpoint
WHERE user_id = @user_id
  AND session_id = @session_id
  AND turn_id = @turn_id;

-- name: EndTurn :exec
UPDATE chat_turns
SET written_at = CASE WHEN state = 'running' THEN CAST(@now AS TIMESTAMPTZ) END,
    state = @state,
    last_id = @last_id,
    checkpoint = ''
WHERE user_id = @user_id
  AND session_id = @session_id
  AND turn_id = @turn_id;

-- name: TakeTurn :one
-- For the one that ends a dead owner's turn: it gets the row while the turn
-- still runs, and nobody else does.
UPDATE chat_turns
SET owner = @owner
WHERE user_id = @user_id
  AND session_id = @session_id
  AND turn_id = @turn_id
  AND state = 'running'
  AND owner = @dead_owner
RETURNING *;

-- name: GetTurn :one
SELECT *
FROM chat_turns
WHERE user_id = @user_id
  AND session_id = @session_id
  AND turn_id = @turn_id;

-- name: GetRunningTurn :one
SELECT *
FROM chat_turns
WHERE user_id = @user_id
  AND session_id = @session_id
  AND state = 'running';

-- name: DeleteTurn :exec
DELETE FROM chat_turns
WHERE user_id = @user_id
  AND session_id = @session_id
  AND turn_id = @turn_id;

-- name: DeleteTurns :exec
DELETE FROM chat_turns
WHERE user_id = @user_id
  AND session_id = @session_id;

-- name: DeleteStaleTurns :execrows
DELETE FROM chat_turns
WHERE user_id = @user_id
  AND state <> 'running'
  AND started_at < @stale_before;

-- name: AskToStop :exec
INSERT INTO chat_stops (user_id, session_id, turn_id, owner, asked_at)
VALUES (@user_id, @session_id, @turn_id, @owner, @asked_at)
ON CONFLICT (user_id, session_id, turn_id) DO UPDATE
SET asked_at = excluded.asked_at;

-- name: AskRunningToStop :exec
INSERT INTO chat_stops (user_id, session_id, turn_id, owner, asked_at)
SELECT @user_id, t.session_id, t.turn_id, t.owner, CAST(@asked_at AS TIMESTAMPTZ)
FROM chat_turns AS t
WHERE t.user_id = @user_id
  AND t.session_id = @session_id
  AND t.state = 'running'
ON CONFLICT (user_id, session_id, turn_id) DO UPDATE
SET asked_at = excluded.asked_at;

-- name: StopOwners :many
SELECT owner
FROM chat_stops
WHERE user_id = @user_id
  AND session_id = @session_id;

-- name: DeleteStop :exec
DELETE FROM chat_stops
WHERE user_id = @user_id
  AND session_id = @session_id
  AND turn_id = @turn_id;

-- name: DeleteStaleStops :execrows
DELETE FROM chat_stops
WHERE user_id = @user_id
  AND asked_at < @stale_before;
