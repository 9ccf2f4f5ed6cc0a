-- name: CreateClientSession :exec
INSERT INTO chat_client_sessions (user_id, client_session_id, created_at, expires_at, ends_at)
VALUES (@user_id, @client_session_id, @created_at, @expires_at, @ends_at);

-- name: GetClientSession :one
SELECT *
FROM chat_client_sessions
WHERE user_id = @user_id
  AND client_session_id = @client_session_id
  AND ends_at > @now;

-- name: RefreshClientSession :one
UPDATE chat_client_sessions
SET expires_at = CASE WHEN ends_at < @expires_at THEN ends_at ELSE @expires_at END
WHERE user_id = @user_id
  AND client_session_id = @client_session_id
  AND ends_at > @now
RETURNING *;

-- name: DeleteClientSession :exec
DELETE FROM chat_client_sessions
WHERE user_id = @user_id
  AND client_session_id = @client_session_id;

-- name: DeleteEndedClientSessions :execrows
DELETE FROM chat_client_sessions
WHERE user_id = @user_id
  AND ends_at < @now;

-- name: AddUsage :exec
INSERT INTO chat_usage (user_id, day, input_tokens, output_tokens)
VALUES (@user_id, @day, @input_tokens, @output_tokens)
ON CONFLICT (user_id, day) DO UPDATE
SET input_tokens = chat_usage.input_tokens + excluded.input_tokens,
    output_tokens = chat_usage.output_tokens + excluded.output_tokens;

-- name: GetUsage :one
SELECT input_tokens, output_tokens
FROM chat_usage
WHERE user_id = @user_id
  AND day = @day;

-- name: DeleteStaleUsage :execrows
DELETE FROM chat_usage
WHERE user_id = @user_id
  AND day < @stale_before;
