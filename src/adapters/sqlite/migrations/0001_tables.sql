-- What the manager must not forget. Instants (…_at) are milliseconds since 1970 in UTC; numbers that count
-- beyond 2^63 would show as negative ones. Words (state, phase, …) are those of the API.

CREATE TABLE meta (
  id    INTEGER PRIMARY KEY CHECK (id = 1),
  epoch INTEGER NOT NULL  -- Of the last manager that ran.
) STRICT;
INSERT INTO meta (id, epoch) VALUES (1, 0);

CREATE TABLE nodes (
  name             TEXT PRIMARY KEY,
  display_name     TEXT NOT NULL,
  address          TEXT NOT NULL,  -- The node's ip.
  agent_port       INTEGER NOT NULL,
  cordoned         INTEGER NOT NULL,
  state            TEXT NOT NULL,
  evidence         TEXT NOT NULL,  -- In words: why `state` is what it is.
  boot_id          TEXT NOT NULL,
  start_count      INTEGER NOT NULL,
  cpu_millis       INTEGER NOT NULL,
  memory_bytes     INTEGER NOT NULL,
  recovery_phase   TEXT NOT NULL,
  recovery_attempt INTEGER NOT NULL,
  recovery_reason  TEXT NOT NULL,
  changed_at       INTEGER NOT NULL  -- When `state` last changed.
) STRICT, WITHOUT ROWID;

-- References are checked at the end of each transaction: within one, the order of writes is free.
CREATE TABLE workloads (
  name             TEXT PRIMARY KEY,
  phase            TEXT NOT NULL,
  reason           TEXT NOT NULL,
  build_node       TEXT REFERENCES nodes (name) DEFERRABLE INITIALLY DEFERRED,
  next_instance    INTEGER NOT NULL,
  phase_changed_at INTEGER NOT NULL  -- When `phase` last changed.
) STRICT, WITHOUT ROWID;

-- What a workload keeps running, and what it is being built or failed to be built.
CREATE TABLE releases (
  workload        TEXT NOT NULL REFERENCES workloads (name) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  role            TEXT NOT NULL CHECK (role IN ('current', 'next')),
  generation      INTEGER NOT NULL,
  kind            TEXT NOT NULL,
  instances       INTEGER NOT NULL,  -- How many are wanted.
  bundle          TEXT NOT NULL,
  on_node_lost    TEXT NOT NULL,
  environment     TEXT NOT NULL,  -- A JSON object.
  cpu_millis      INTEGER NOT NULL,
  memory_bytes    INTEGER NOT NULL,
  pids_max        INTEGER NOT NULL,
  image_reference TEXT,  -- NULL: not built yet.
  image_archive   TEXT CHECK (image_archive IS NULL OR image_reference IS NOT NULL),
  PRIMARY KEY (workload, role)
) STRICT, WITHOUT ROWID;

CREATE TABLE instances (
  id                 TEXT PRIMARY KEY,
  workload           TEXT NOT NULL REFERENCES workloads (name) DEFERRABLE INITIALLY DEFERRED,
  generation         INTEGER NOT NULL,
  node               TEXT REFERENCES nodes (name) DEFERRABLE INITIALLY DEFERRED,  -- NULL: has none.
  desire             TEXT NOT NULL,
  image_reference    TEXT NOT NULL,
  image_archive      TEXT,
  environment        TEXT NOT NULL,  -- A JSON object.
  cpu_millis         INTEGER NOT NULL,
  memory_bytes       INTEGER NOT NULL,
  pids_max           INTEGER NOT NULL,
  state              TEXT NOT NULL,
  container          TEXT NOT NULL,  -- Empty: there is none.
  restarts           INTEGER NOT NULL,
  exit_code          INTEGER,  -- NULL: no container of it has ended yet.
  exit_out_of_memory INTEGER CHECK ((exit_out_of_memory IS NULL) = (exit_code IS NULL)),
  exit_at            INTEGER CHECK ((exit_at IS NULL) = (exit_code IS NULL)),
  reason             TEXT NOT NULL,
  replaces           TEXT,  -- The instance that this one stands in for; it may be gone already.
  changed_at         INTEGER NOT NULL  -- When `state` last changed.
) STRICT, WITHOUT ROWID;
CREATE INDEX instances_by_workload ON instances (workload);
CREATE INDEX instances_by_replaced ON instances (replaces) WHERE replaces IS NOT NULL;

-- The newest only.
CREATE TABLE events (
  seq     INTEGER PRIMARY KEY,
  at      INTEGER NOT NULL,
  type    TEXT NOT NULL,
  subject TEXT NOT NULL,
  message TEXT NOT NULL
) STRICT;
