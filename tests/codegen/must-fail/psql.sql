-- As a newer pg_dump writes it.

\restrict xJ3FVdB1C0hR2kQm

CREATE TABLE customers (id UUID PRIMARY KEY);

\unrestrict xJ3FVdB1C0hR2kQm
