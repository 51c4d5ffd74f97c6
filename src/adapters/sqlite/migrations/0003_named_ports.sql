-- Whether somebody named the agent's port in the list of machines: then the agent's own word does not count.
ALTER TABLE nodes ADD COLUMN agent_port_named INTEGER NOT NULL DEFAULT 0;
