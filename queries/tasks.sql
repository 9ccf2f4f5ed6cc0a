-- name: CreateTask :exec
INSERT INTO tasks (
    user_id, task_id, title, title_fold, description, description_fold,
    priority, category, completed, due_date, due_key, due_is_day,
    created_at, updated_at
)
VALUES (
    @user_id, @task_id, @title, @title_fold, @description, @description_fold,
    @priority, @category, @completed, @due_date, @due_key, @due_is_day,
    @created_at, @updated_at
);

-- name: GetTask :one
SELECT *
FROM tasks
WHERE user_id = @user_id
  AND task_id = @task_id;

-- name: UpdateTask :one
-- A change must move updated_at forward, whatever another replica's clock says:
-- no row for that reason means that the caller asks again with a later time.
UPDATE tasks
SET title = COALESCE(sqlc.narg('title'), title),
    title_fold = COALESCE(sqlc.narg('title_fold'), title_fold),
    description = COALESCE(sqlc.narg('description'), description),
    description_fold = COALESCE(sqlc.narg('description_fold'), description_fold),
    priority = COALESCE(sqlc.narg('priority'), priority),
    category = COALESCE(sqlc.narg('category'), category),
    due_date = COALESCE(sqlc.narg('due_date'), due_date),
    due_key = COALESCE(sqlc.narg('due_key'), due_key),
    due_is_day = COALESCE(sqlc.narg('due_is_day'), due_is_day),
    updated_at = @updated_at
WHERE user_id = @user_id
  AND task_id = @task_id
  AND updated_at < @updated_at
  AND (CAST(@any_version AS BOOLEAN) OR updated_at = @if_updated_at)
RETURNING *;

-- name: ToggleTask :one
UPDATE tasks
SET completed = COALESCE(CAST(sqlc.narg('completed') AS BOOLEAN), NOT completed),
    updated_at = @updated_at
WHERE user_id = @user_id
  AND task_id = @task_id
  AND updated_at < @updated_at
  AND (CAST(@any_version AS BOOLEAN) OR updated_at = @if_updated_at)
RETURNING *;

-- name: DeleteTask :one
DELETE FROM tasks
WHERE user_id = @user_id
  AND task_id = @task_id
  AND (CAST(@any_version AS BOOLEAN) OR updated_at = @if_updated_at)
RETURNING *;

-- name: TaskStats :one
SELECT COUNT(*) AS total,
    COUNT(*) FILTER (WHERE completed) AS completed,
    COUNT(*) FILTER (
        WHERE NOT completed
        AND ((due_is_day AND due_key < CAST(@today AS TEXT))
            OR (NOT due_is_day AND due_key <> '' AND due_key < CAST(@now AS TEXT)))
    ) AS overdue,
    COUNT(*) FILTER (WHERE priority = 1) AS low,
    COUNT(*) FILTER (WHERE priority = 2) AS medium,
    COUNT(*) FILTER (WHERE priority = 3) AS high,
    COUNT(*) FILTER (WHERE category = 'work') AS work,
    COUNT(*) FILTER (WHERE category = 'personal') AS personal,
    COUNT(*) FILTER (WHERE category = 'home') AS home,
    COUNT(*) FILTER (WHERE category = 'other') AS other
FROM tasks
WHERE user_id = @user_id;

-- name: TaskIDsWithPrefix :many
-- Not LIKE for the id: SQLite's takes TASK_ for task_.
SELECT task_id
FROM tasks
WHERE user_id = @user_id
  AND (SUBSTR(task_id, 1, LENGTH(CAST(@prefix AS TEXT))) = CAST(@prefix AS TEXT)
    OR title_fold LIKE CAST(@title_pattern AS TEXT) ESCAPE '\')
ORDER BY task_id DESC
LIMIT @max_rows;
