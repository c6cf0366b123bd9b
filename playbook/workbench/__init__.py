"""The manager's workbench: test rules, compare packs, scaffold and watch; everything that changes the playbook."""
