// The measured window: wall time, busy time of the server's core, and the server's own CPU time.
//
// The load itself reads the counters at the first and the last instant of its window, so that no
// other process's scheduling comes between. Busy is wall time less idle, iowait and steal of the
// core (/proc/stat, 10 ms units): interrupts and the kernel's softirq work are inside. The server's
// own time (/proc/PID/task/*/schedstat, nanoseconds) is told apart: if busy is well above it,
// something else ran on that core and the round is disturbed.
#pragma once

#include <dirent.h>
#include <unistd.h>

#include "clock.h"
#include "failure.h"

struct processor_reading {
    uint64_t wall_ns;
    uint64_t unused_ns;   // idle, iowait and steal of the server's core
    uint64_t process_ns;  // all threads of the server
};

struct window {
    int core;  // -1: not measured
    int pid;   // 0: not measured
    struct processor_reading begin, end;
};

static inline uint64_t read_unused_ns(int core) {
    FILE* file = fopen("/proc/stat", "re");
    if (!file) fail_errno("/proc/stat");
    char line[512], wanted[16];
    int length = snprintf(wanted, sizeof wanted, "cpu%d ", core);
    unsigned long long user, nice, system, idle, iowait, irq, softirq, steal;
    int fields = 0;
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, wanted, (size_t)length)) continue;
        fields = sscanf(line + length, "%llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice,
                        &system, &idle, &iowait, &irq, &softirq, &steal);
        break;
    }
    fclose(file);
    if (fields != 8) fail("/proc/stat has no core %d", core);
    return (idle + iowait + steal) * (1000000000u / (uint64_t)sysconf(_SC_CLK_TCK));
}

static inline uint64_t read_thread_ns(int pid, const char* thread) {
    char path[300];
    snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", pid, thread);
    FILE* file = fopen(path, "re");
    if (!file) return 0;  // the thread has ended since the directory was read
    unsigned long long run_ns = 0;
    if (fscanf(file, "%llu", &run_ns) != 1) run_ns = 0;
    fclose(file);
    return run_ns;
}

static inline uint64_t read_process_ns(int pid) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR* threads = opendir(path);
    if (!threads) fail("process %d: %s", pid, strerror(errno));
    uint64_t sum = 0;
    for (struct dirent* entry; (entry = readdir(threads));) {
        if (entry->d_name[0] != '.') sum += read_thread_ns(pid, entry->d_name);
    }
    closedir(threads);
    return sum;
}

static inline struct processor_reading read_processor(const struct window* window) {
    struct processor_reading reading = {0};
    if (window->core >= 0) reading.unused_ns = read_unused_ns(window->core);
    if (window->pid > 0) reading.process_ns = read_process_ns(window->pid);
    reading.wall_ns = now_ns();
    return reading;
}

static inline void window_open(struct window* window) {
    window->begin = read_processor(window);
}
static inline void window_close(struct window* window) {
    window->end = read_processor(window);
}

static inline double window_seconds(const struct window* window) {
    return (double)(window->end.wall_ns - window->begin.wall_ns) / 1e9;
}

// Writes the members "seconds", and "busy_seconds", "process_seconds" where they were measured.
static inline void window_print(const struct window* window) {
    double wall = window_seconds(window);
    printf("\"seconds\":%.6f", wall);
    if (window->core >= 0) {
        double unused = (double)(window->end.unused_ns - window->begin.unused_ns) / 1e9;
        printf(",\"busy_seconds\":%.4f", unused > wall ? 0.0 : wall - unused);
    }
    if (window->pid > 0) {
        uint64_t spent = window->end.process_ns - window->begin.process_ns;
        printf(",\"process_seconds\":%.6f", (double)spent / 1e9);
    }
}
