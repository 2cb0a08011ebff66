#include "sockeye/runtime/frame_allocator.hpp"

#include <cstdint>
#include <new>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SOCKEYE_PLAIN_FRAMES 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SOCKEYE_PLAIN_FRAMES 1
#endif
#endif

namespace sockeye {

#ifdef SOCKEYE_PLAIN_FRAMES

// A sanitizer sees a frame used after its end only when the memory is really freed.
void* allocate_frame(std::size_t size) {
    return ::operator new(size);
}
void free_frame(void* frame, std::size_t) noexcept {
    ::operator delete(frame);
}

#else

namespace {

// malloc hands out multiples of 16 with 8 for itself: classes of 16n + 8 bytes waste nothing.
constexpr std::size_t class_step = 16;
constexpr std::size_t classes = 64;
// What a thread keeps at most in each class; the rest goes back to malloc.
constexpr std::size_t most_kept_bytes = 256 * 1024;

struct free_block {
    free_block* next;
};

struct free_list {
    free_block* head = nullptr;
    std::uint32_t count = 0;
};

std::size_t class_of(std::size_t size) noexcept {
    return (size + 7) / class_step;
}
std::size_t size_of(std::size_t size_class) noexcept {
    return size_class * class_step + 8;
}

struct free_frames {
    ~free_frames() {
        for (free_list& list : lists) {
            while (free_block* block = list.head) {
                list.head = block->next;
                ::operator delete(block);
            }
        }
    }
    free_list lists[classes];
};

thread_local free_frames kept;

}  // namespace

void* allocate_frame(std::size_t size) {
    const std::size_t size_class = class_of(size);
    if (size_class >= classes) return ::operator new(size);
    free_list& list = kept.lists[size_class];
    free_block* block = list.head;
    if (!block) return ::operator new(size_of(size_class));
    list.head = block->next;
    --list.count;
    return block;
}

void free_frame(void* frame, std::size_t size) noexcept {
    const std::size_t size_class = class_of(size);
    if (size_class >= classes) return ::operator delete(frame);
    free_list& list = kept.lists[size_class];
    if (list.count * size_of(size_class) >= most_kept_bytes) return ::operator delete(frame);
    auto* block = static_cast<free_block*>(frame);
    block->next = list.head;
    list.head = block;
    ++list.count;
}

#endif

}  // namespace sockeye
