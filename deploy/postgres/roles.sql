-- Two roles: `moderator_owner` owns the tables and runs `moderator database upgrade`;
-- `moderator_service` is what the service runs as.  It can add to the audit log and read it, and can
-- neither change nor remove what stands there, nor take away the trigger that refuses it.
--
-- Run as a superuser in the service's database, once, and again after each upgrade that adds
-- tables (it may be repeated):
--
--     psql -v ON_ERROR_STOP=1 -d moderator -f roles.sql
--
-- and give both a password: \password moderator_owner, \password moderator_service.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'moderator_owner') THEN
        CREATE ROLE moderator_owner LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'moderator_service') THEN
        CREATE ROLE moderator_service LOGIN;
    END IF;
END $$;

-- What was made before belongs to the owner from now on.
DO $$
DECLARE one record;
BEGIN
    FOR one IN SELECT oid::regclass AS name FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
    LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO moderator_owner', one.name);
    END LOOP;
    FOR one IN SELECT oid::regprocedure AS name FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace
    LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO moderator_owner', one.name);
    END LOOP;
END $$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO moderator_owner;
GRANT USAGE ON SCHEMA public TO moderator_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO moderator_service;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO moderator_service;
ALTER DEFAULT PRIVILEGES FOR ROLE moderator_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO moderator_service;
ALTER DEFAULT PRIVILEGES FOR ROLE moderator_owner IN SCHEMA public
    GRANT USAGE ON SEQUENCES TO moderator_service;

-- The audit log is added to, and read; nothing else.
REVOKE ALL ON audit_log FROM moderator_service, PUBLIC;
GRANT SELECT, INSERT ON audit_log TO moderator_service;
-- Its end moves with every row, and is never taken away.
REVOKE ALL ON audit_head FROM moderator_service, PUBLIC;
GRANT SELECT, UPDATE ON audit_head TO moderator_service;
