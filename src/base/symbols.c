#include "base/symbols.h"

#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Every size and place in the file is taken for a lie until it was read. */

struct symbols {
    ElfW(Sym) * table; /* owned */
    size_t count;
    char *names; /* owned; a NUL behind them */
    size_t names_size;
    uint64_t base; /* the address in the file's own terms that is loaded first */
};

/* So many bytes from there, and a NUL; NULL where the file has them not. */
static void *read_part(int fd, uint64_t from, uint64_t size)
{
    if (size > SYMBOLS_MAX_BYTES || from > INT64_MAX - size)
        return NULL;
    char *part = malloc(size + 1);
    for (size_t done = 0; part && done < size;) {
        ssize_t got = pread(fd, part + done, size - done, (off_t)(from + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            free(part);
            return NULL;
        }
        done += (size_t)got;
    }
    if (part)
        part[size] = '\0';
    return part;
}

static bool is_ours(const ElfW(Ehdr) * header)
{
    const uint16_t one = 1;
    int order = *(const unsigned char *)&one == 1 ? ELFDATA2LSB : ELFDATA2MSB;
    int width = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;
    return memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 && header->e_ident[EI_CLASS] == width &&
           header->e_ident[EI_DATA] == order && header->e_shentsize == sizeof(ElfW(Shdr)) &&
           header->e_phentsize == sizeof(ElfW(Phdr));
}

/* The lowest page that is loaded: 0 where the program may be anywhere. */
static bool read_base(int fd, const ElfW(Ehdr) * header, uint64_t *base)
{
    ElfW(Phdr) *parts = read_part(fd, header->e_phoff, (uint64_t)header->e_phnum * sizeof(*parts));
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    *base = UINT64_MAX;
    for (size_t i = 0; parts && i < header->e_phnum; i++)
        if (parts[i].p_type == PT_LOAD && parts[i].p_vaddr < *base)
            *base = parts[i].p_vaddr & ~(page - 1);
    free(parts);
    return *base != UINT64_MAX;
}

static const ElfW(Shdr) * find_table(const ElfW(Shdr) * sections, size_t count)
{
    for (size_t i = 0; sections && i < count; i++)
        if (sections[i].sh_type == SHT_SYMTAB && sections[i].sh_entsize == sizeof(ElfW(Sym)) &&
            sections[i].sh_link < count && sections[sections[i].sh_link].sh_type == SHT_STRTAB)
            return &sections[i];
    return NULL;
}

static bool read_table(int fd, const ElfW(Ehdr) * header, struct symbols *symbols)
{
    ElfW(Shdr) *sections = read_part(fd, header->e_shoff, (uint64_t)header->e_shnum * sizeof(*sections));
    const ElfW(Shdr) *table = find_table(sections, header->e_shnum);
    if (table) {
        const ElfW(Shdr) *names = &sections[table->sh_link];
        symbols->count = table->sh_size / sizeof(*symbols->table);
        symbols->table = read_part(fd, table->sh_offset, symbols->count * sizeof(*symbols->table));
        symbols->names_size = names->sh_size;
        symbols->names = read_part(fd, names->sh_offset, names->sh_size);
    }
    free(sections);
    return symbols->table && symbols->names;
}

struct symbols *symbols_read(int fd)
{
    struct symbols *symbols = calloc(1, sizeof(*symbols));
    ElfW(Ehdr) *header = read_part(fd, 0, sizeof(*header));
    bool whole = symbols && header && is_ours(header) && read_base(fd, header, &symbols->base) &&
                 read_table(fd, header, symbols);
    free(header);
    if (whole)
        return symbols;
    symbols_free(symbols);
    return NULL;
}

void symbols_free(struct symbols *symbols)
{
    if (!symbols)
        return;
    free(symbols->table);
    free(symbols->names);
    free(symbols);
}

const char *symbols_name(const struct symbols *symbols, uint64_t offset, uint64_t *into)
{
    uint64_t address = symbols->base + offset;
    for (size_t i = 0; i < symbols->count; i++) {
        const ElfW(Sym) *symbol = &symbols->table[i];
        bool function = (symbol->st_info & 0xf) == STT_FUNC && symbol->st_shndx != SHN_UNDEF;
        if (!function || address < symbol->st_value || address - symbol->st_value >= symbol->st_size ||
            symbol->st_name >= symbols->names_size)
            continue;
        *into = address - symbol->st_value;
        return symbols->names + symbol->st_name;
    }
    return NULL;
}
