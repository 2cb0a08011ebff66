#include "sockeye/core/fifo.hpp"

#include <deque>
#include <gtest/gtest.h>
#include <memory>
#include <random>

namespace sockeye {
namespace {

TEST(fifo, gives_back_in_order_what_a_deque_would) {
    std::mt19937 random(7);
    fifo<std::unique_ptr<int>> tested;
    std::deque<int> model;
    for (int i = 0; i < 20'000; ++i) {
        const bool grows = random() % 100 < (i / 1000 % 2 ? 30u : 70u);
        if (grows || model.empty()) {
            tested.push(std::make_unique<int>(i));
            model.push_back(i);
        } else if (random() % 8 == 0) {
            const std::size_t index = random() % model.size();
            tested.erase(index);
            model.erase(model.begin() + static_cast<std::ptrdiff_t>(index));
        } else {
            EXPECT_EQ(*tested.pop(), model.front());
            model.pop_front();
        }
        ASSERT_EQ(tested.size(), model.size());
        ASSERT_EQ(tested.empty(), model.empty());
        if (!model.empty()) {
            ASSERT_EQ(*tested[model.size() - 1], model.back());
        }
    }
}

}  // namespace
}  // namespace sockeye
