// A C++ program that includes the public headers and calls the library.
#include <errand.h>

#include <cstdio>

int main()
{
    struct errand_error err = {};
    struct errand *errand = errand_open("sqlite:/nonexistent/folder/app.db", &err);
    errand_close(errand);
    std::puts(err.message);
    return errand == nullptr && err.message[0] != '\0' ? 0 : 1;
}
