// The fields of a message's head or trailers, RFC 9110 section 5.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace sockeye::http {

struct header {
    std::string_view name;
    std::string_view value;
};

// Names of fields, and most tokens, are the same whatever the case of their ASCII letters.
bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;

// Fields in the order of the wire, duplicates included. The names and values are places in a text
// that somebody else holds, so that the list is filled again and again without an allocation; they
// live as long as that text. Names compare without regard to case.
class header_list {
  public:
    class iterator {
      public:
        using value_type = header;
        using difference_type = std::ptrdiff_t;
        iterator() = default;
        iterator(const header_list* list, std::size_t at) : list_(list), at_(at) {}
        header operator*() const { return (*list_)[at_]; }
        iterator& operator++() {
            ++at_;
            return *this;
        }
        iterator operator++(int) { return {list_, at_++}; }
        bool operator==(const iterator&) const = default;

      private:
        const header_list* list_ = nullptr;
        std::size_t at_ = 0;
    };

    std::size_t size() const noexcept { return places_.size(); }
    bool empty() const noexcept { return places_.empty(); }
    header operator[](std::size_t i) const noexcept {
        const place& p = places_[i];
        return {{text_ + p.name_at, p.name_size}, {text_ + p.value_at, p.value_size}};
    }
    iterator begin() const noexcept { return {this, 0}; }
    iterator end() const noexcept { return {this, size()}; }

    // The value of the first field of that name.
    std::optional<std::string_view> find(std::string_view name) const noexcept;
    // How many fields have that name.
    std::size_t count(std::string_view name) const noexcept;

    // For parsers. The text is set last, when it has found its place.
    void clear() noexcept { places_.clear(); }
    void set_text(const char* text) noexcept { text_ = text; }
    void add(std::size_t name_at, std::size_t name_size, std::size_t value_at,
             std::size_t value_size) {
        places_.push_back(
            {static_cast<std::uint32_t>(name_at), static_cast<std::uint32_t>(name_size),
             static_cast<std::uint32_t>(value_at), static_cast<std::uint32_t>(value_size)});
    }
    // Keeps the fields for which `keeps(header)` is true. The text must be set.
    template <class Predicate>
    void keep_if(Predicate keeps) {
        std::size_t kept = 0;
        for (std::size_t i = 0; i < places_.size(); ++i)
            if (keeps((*this)[i])) places_[kept++] = places_[i];
        places_.resize(kept);
    }
    void release_memory() { std::vector<place>().swap(places_); }

  private:
    struct place {
        std::uint32_t name_at, name_size, value_at, value_size;
    };
    const char* text_ = nullptr;
    std::vector<place> places_;
};

}  // namespace sockeye::http
