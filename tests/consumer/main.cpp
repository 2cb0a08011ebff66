#include <sockeye/core/bytes.hpp>

int main() {
    const sockeye::shared_bytes greeting("hello");
    return greeting.size() == 5 ? 0 : 1;
}
