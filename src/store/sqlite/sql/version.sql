SELECT version FROM errand_version
