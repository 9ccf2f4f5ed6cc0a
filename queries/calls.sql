-- name: ClaimCall :one
-- One row: the call is ours to make. None: it was made within its lifetime, or
-- the row is somebody else's transaction that has just ended.
INSERT INTO tool_calls AS c (user_id, tool, call_key, args_hash, result, created_at)
VALUES (@user_id, @tool, @call_key, @args_hash, '', @created_at)
ON CONFLICT (user_id, tool, call_key) DO UPDATE
SET args_hash = excluded.args_hash,
    result = '',
    created_at = excluded.created_at
WHERE c.created_at < @stale_before
RETURNING call_key;

-- name: GetCall :one
SELECT args_hash, result
FROM tool_calls
WHERE user_id = @user_id
  AND tool = @tool
  AND call_key = @call_key;

-- name: FinishCall :exec
UPDATE tool_calls
SET result = @result
WHERE user_id = @user_id
  AND tool = @tool
  AND call_key = @call_key;

-- name: DeleteStaleCall :execrows
DELETE FROM tool_calls
WHERE user_id = @user_id
  AND tool = @tool
  AND call_key = @call_key
  AND created_at < @stale_before;
