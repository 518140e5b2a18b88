-- The list of all imports merges the lists of the statuses. Until earlier versions of the service are replaced, their lists sort all imports of a
-- workspace.
DROP INDEX `jobs_list`;
