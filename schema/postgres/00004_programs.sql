-- +goose Up
-- Of each version from here on, the oldest program that may serve it: a program
-- is of the newest version that it knows. Whoever may log in may know.
CREATE TABLE taskwire_programs (
    schema_version BIGINT NOT NULL PRIMARY KEY,
    oldest_program BIGINT NOT NULL
);

GRANT SELECT ON taskwire_programs TO PUBLIC;

INSERT INTO taskwire_programs (schema_version, oldest_program) VALUES (4, 2);
