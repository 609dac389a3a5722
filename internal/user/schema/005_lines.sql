-- Supervisors watch over the open channels as well, unless an administrator has made something else of the role.
UPDATE role SET permissions = 'tasks.all lines.manage connectors.manage lines.statistics lines.history'
  WHERE code = 'supervisor' AND permissions = 'tasks.all';
