// `--name VALUE` options from one table, and at most two positional arguments.
#pragma once

#include <string.h>

#include "failure.h"

enum option_kind { option_integer, option_number, option_text, option_flag };

struct option_entry {
    const char* name;
    enum option_kind kind;
    void* value;  // int*, double*, const char** or int* (set to 1)
};

static inline void store_option(const struct option_entry* entry, const char* text) {
    char* end = NULL;
    switch (entry->kind) {
        case option_integer:
            *(int*)entry->value = (int)strtol(text, &end, 10);
            break;
        case option_number:
            *(double*)entry->value = strtod(text, &end);
            break;
        case option_text:
            *(const char**)entry->value = text;
            return;
        case option_flag:
            return;
    }
    if (end == text || *end) fail("--%s: `%s` is not a number", entry->name, text);
}

static inline const struct option_entry* find_option(const struct option_entry* table, size_t count,
                                                     const char* argument) {
    for (size_t i = 0; i < count; ++i) {
        if (!strcmp(argument + 2, table[i].name)) return &table[i];
    }
    fail("unknown option %s", argument);
}

// Returns how many positional arguments there were; each is stored in `positions`.
static inline int parse_options(int argc, char** argv, const struct option_entry* table,
                                size_t count, const char** positions, int most_positions) {
    int found = 0;
    for (int i = 1; i < argc; ++i) {
        if (strncmp(argv[i], "--", 2)) {
            if (found == most_positions) fail("unexpected argument `%s`", argv[i]);
            positions[found++] = argv[i];
            continue;
        }
        const struct option_entry* entry = find_option(table, count, argv[i]);
        if (entry->kind == option_flag) {
            *(int*)entry->value = 1;
            continue;
        }
        if (++i == argc) fail("--%s needs a value", entry->name);
        store_option(entry, argv[i]);
    }
    return found;
}
