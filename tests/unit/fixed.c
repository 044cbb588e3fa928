/* A program that is always loaded at the same address. */
int main(void)
{
    return 0;
}
