#include "sockeye/protocols/http/http_date.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace sockeye::http {
namespace {

namespace chrono = std::chrono;

constexpr std::array<std::string_view, 7> weekdays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                      "Thursday", "Friday", "Saturday"};
constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";

void put_two(char* out, unsigned value) noexcept {
    out[0] = static_cast<char>('0' + value / 10);
    out[1] = static_cast<char>('0' + value % 10);
}

// Takes the text from left to right; once something is not as expected, it stays wrong.
class date_reader {
  public:
    explicit date_reader(std::string_view text) : rest_(text) {}

    bool is_good() const { return good_; }
    bool is_at_end() const { return good_ && rest_.empty(); }

    void expect(std::string_view text) {
        good_ = good_ && rest_.starts_with(text);
        if (good_) rest_.remove_prefix(text.size());
    }
    int digits(std::size_t count) {
        good_ = good_ && rest_.size() >= count;
        int value = 0;
        for (std::size_t i = 0; good_ && i < count; ++i) {
            good_ = rest_[i] >= '0' && rest_[i] <= '9';
            value = value * 10 + (rest_[i] - '0');
        }
        if (good_) rest_.remove_prefix(count);
        return value;
    }
    // asctime's day of the month: two digits, or a space and one.
    int padded_day() {
        if (!rest_.starts_with(' ')) return digits(2);
        rest_.remove_prefix(1);
        return digits(1);
    }
    unsigned month_name() {
        good_ = good_ && rest_.size() >= 3;
        std::size_t at = good_ ? months.find(rest_.substr(0, 3)) : months.npos;
        good_ = good_ && at != months.npos && at % 3 == 0;
        if (good_) rest_.remove_prefix(3);
        return static_cast<unsigned>(at / 3 + 1);
    }
    chrono::seconds time_of_day() {
        int hour = digits(2);
        expect(":");
        int minute = digits(2);
        expect(":");
        int second = digits(2);
        // 60 is a leap second.
        good_ = good_ && hour < 24 && minute < 60 && second <= 60;
        return chrono::hours(hour) + chrono::minutes(minute) + chrono::seconds(second);
    }

  private:
    std::string_view rest_;
    bool good_ = true;
};

struct reading {
    int year = 0;
    unsigned month = 0;
    int day = 0;
    chrono::seconds time{};
};

std::optional<date> date_of(const date_reader& reader, const reading& r) {
    if (!reader.is_at_end()) return std::nullopt;
    chrono::year_month_day day(chrono::year(r.year), chrono::month(r.month),
                               chrono::day(static_cast<unsigned>(r.day)));
    if (!day.ok()) return std::nullopt;
    return chrono::sys_days(day) + r.time;
}

std::optional<date> parse_fixdate(std::string_view text) {
    date_reader reader(text);
    reading r;
    r.day = reader.digits(2);
    reader.expect(" ");
    r.month = reader.month_name();
    reader.expect(" ");
    r.year = reader.digits(4);
    reader.expect(" ");
    r.time = reader.time_of_day();
    reader.expect(" GMT");
    return date_of(reader, r);
}

std::optional<date> parse_rfc850(std::string_view text, date now) {
    date_reader reader(text);
    reading r;
    r.day = reader.digits(2);
    reader.expect("-");
    r.month = reader.month_name();
    reader.expect("-");
    r.year = reader.digits(2);
    reader.expect(" ");
    r.time = reader.time_of_day();
    reader.expect(" GMT");
    if (!reader.is_good()) return std::nullopt;
    int this_year = int(chrono::year_month_day(chrono::floor<chrono::days>(now)).year());
    r.year += this_year / 100 * 100;
    if (r.year > this_year + 50) r.year -= 100;
    return date_of(reader, r);
}

std::optional<date> parse_asctime(std::string_view text) {
    date_reader reader(text);
    reading r;
    r.month = reader.month_name();
    reader.expect(" ");
    r.day = reader.padded_day();
    reader.expect(" ");
    r.time = reader.time_of_day();
    reader.expect(" ");
    r.year = reader.digits(4);
    return date_of(reader, r);
}

}  // namespace

void write_date(date time, char* out) noexcept {
    constexpr date first = chrono::sys_days(chrono::year(0) / 1 / 1);
    constexpr date last =
        chrono::sys_days(chrono::year(9999) / 12 / 31) + chrono::hours(24) - chrono::seconds(1);
    time = std::clamp(time, first, last);
    chrono::sys_days day = chrono::floor<chrono::days>(time);
    chrono::year_month_day calendar(day);
    chrono::hh_mm_ss clock(time - day);
    std::memcpy(out, "Sun, 00 Jan 0000 00:00:00 GMT", date_size);
    std::memcpy(out, weekdays[chrono::weekday(day).c_encoding()].data(), 3);
    put_two(out + 5, unsigned(calendar.day()));
    std::memcpy(out + 8, months.data() + (unsigned(calendar.month()) - 1) * 3, 3);
    unsigned year_number = static_cast<unsigned>(int(calendar.year()));
    put_two(out + 12, year_number / 100);
    put_two(out + 14, year_number % 100);
    put_two(out + 17, static_cast<unsigned>(clock.hours().count()));
    put_two(out + 20, static_cast<unsigned>(clock.minutes().count()));
    put_two(out + 23, static_cast<unsigned>(clock.seconds().count()));
}

std::string format_date(date time) {
    std::string text(date_size, ' ');
    write_date(time, text.data());
    return text;
}

std::optional<date> parse_date(std::string_view text, date now) noexcept {
    for (std::string_view name : weekdays) {
        if (!text.starts_with(name.substr(0, 3))) continue;
        if (text.substr(3).starts_with(", ")) return parse_fixdate(text.substr(5));
        if (text.substr(3).starts_with(" ")) return parse_asctime(text.substr(4));
        if (text.starts_with(name) && text.substr(name.size()).starts_with(", "))
            return parse_rfc850(text.substr(name.size() + 2), now);
    }
    return std::nullopt;
}

}  // namespace sockeye::http
