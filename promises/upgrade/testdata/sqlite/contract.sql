-- +goose Up
-- What breaks the programs of before, and says so.
ALTER TABLE tasks RENAME COLUMN description TO body;

INSERT INTO taskwire_programs (schema_version, oldest_program) VALUES ({version}, {version});
