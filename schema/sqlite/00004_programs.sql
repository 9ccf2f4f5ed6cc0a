-- +goose Up
-- Of each version from here on, the oldest program that may serve it: a program
-- is of the newest version that it knows.
CREATE TABLE taskwire_programs (
    schema_version INTEGER NOT NULL PRIMARY KEY,
    oldest_program INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO taskwire_programs (schema_version, oldest_program) VALUES (4, 2);
