/* Is a shared object, and registers nothing. */
int nothing(void);
int nothing(void)
{
    return 0;
}
