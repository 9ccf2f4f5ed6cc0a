-- What stands here looks across users and therefore returns nothing but the
-- keys of stale rows; what happens to them goes through store.For(user).

-- name: StaleCalls :many
SELECT user_id, tool, call_key
FROM tool_calls
WHERE created_at < @stale_before
ORDER BY created_at
LIMIT @max_rows;
