SELECT value FROM errand_secrets WHERE name = 'dashboard'
