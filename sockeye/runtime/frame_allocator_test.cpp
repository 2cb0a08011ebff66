#include "sockeye/runtime/frame_allocator.hpp"

#include <cstdint>
#include <cstring>
#include <gtest/gtest.h>
#include <random>
#include <thread>
#include <vector>

namespace sockeye {
namespace {

struct block {
    void* memory;
    std::size_t size;
    unsigned char mark;
};

// Fills each block, and looks at its last byte and first when it goes: overlaps would show.
void exercise(unsigned seed) {
    std::mt19937 random(seed);
    std::vector<block> blocks;
    for (int i = 0; i < 20'000; ++i) {
        if (blocks.size() < 100 || random() % 2) {
            const std::size_t size = 1 + random() % (random() % 8 ? 400 : 3000);
            const block made{allocate_frame(size), size, static_cast<unsigned char>(random())};
            EXPECT_EQ(reinterpret_cast<std::uintptr_t>(made.memory) % 16, 0u);
            std::memset(made.memory, made.mark, size);
            blocks.push_back(made);
            continue;
        }
        std::swap(blocks[random() % blocks.size()], blocks.back());
        const block gone = blocks.back();
        blocks.pop_back();
        const auto* bytes = static_cast<unsigned char*>(gone.memory);
        for (std::size_t at = 0; at < gone.size; ++at) ASSERT_EQ(bytes[at], gone.mark);
        free_frame(gone.memory, gone.size);
    }
    for (const block& each : blocks) free_frame(each.memory, each.size);
}

TEST(frame_allocator, gives_memory_that_nobody_else_has) {
    exercise(1);
    std::thread second(exercise, 2);
    exercise(3);
    second.join();
}

TEST(frame_allocator, takes_what_another_thread_gave) {
    void* memory = allocate_frame(200);
    std::thread other([memory] {
        free_frame(memory, 200);
        exercise(4);
    });
    other.join();
}

}  // namespace
}  // namespace sockeye
