-- name: ClaimKey :exec
-- Fails when the key is taken, and the transaction with it: NULL is not allowed
-- there. A key past its lifetime is free.
INSERT INTO chat_keys (
    user_id, endpoint, key, body_hash, session_id, turn_id, owner, created_at,
    status, header, body
)
VALUES (
    @user_id, @endpoint, @key, @body_hash, @session_id, @turn_id, @owner, @created_at,
    0, '', ''
)
ON CONFLICT (user_id, endpoint, key) DO UPDATE
SET body_hash = CASE WHEN chat_keys.created_at < @stale_before THEN excluded.body_hash END,
    session_id = excluded.session_id,
    turn_id = excluded.turn_id,
    owner = excluded.owner,
    created_at = excluded.created_at,
    status = 0,
    header = '',
    body = '';

-- name: GetKey :one
SELECT *
FROM chat_keys
WHERE user_id = @user_id
  AND endpoint = @endpoint
  AND key = @key
  AND created_at >= @stale_before;

-- name: TakeKey :execrows
-- For a claim whose owner died with it unanswered.
UPDATE chat_keys
SET owner = @owner,
    created_at = @created_at
WHERE user_id = @user_id
  AND endpoint = @endpoint
  AND key = @key
  AND status = 0
  AND owner = @dead_owner;

-- name: FinishKey :execrows
UPDATE chat_keys
SET status = @status,
    header = @header,
    body = @body
WHERE user_id = @user_id
  AND endpoint = @endpoint
  AND key = @key
  AND status = 0
  AND owner = @owner;

-- name: ReleaseKey :exec
DELETE FROM chat_keys
WHERE user_id = @user_id
  AND endpoint = @endpoint
  AND key = @key
  AND status = 0
  AND owner = @owner;

-- name: DeleteKeyOfTurn :exec
DELETE FROM chat_keys
WHERE user_id = @user_id
  AND endpoint = @endpoint
  AND key = @key
  AND turn_id = @turn_id;

-- name: DeleteStaleKeys :execrows
DELETE FROM chat_keys
WHERE user_id = @user_id
  AND created_at < @stale_before;
