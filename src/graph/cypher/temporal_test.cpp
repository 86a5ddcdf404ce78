#include "graph/cypher/test_query.h"

using namespace gyre;
using namespace gyre::graph;
using cypher::Ask;
using cypher::Check;
using cypher::Fails;

TEST_CASE("openCypher reads and writes dates and times") {
    TestGraph graph;
    Check(
        graph,
        {
            {"RETURN date('2015-07-21'), date('20150721'), date('2015-07'), date('2015W30'), "
             "date('2015-W30-2'), date('2015202'), date('2015')",
             "2015-07-21,2015-07-21,2015-07-01,2015-07-20,2015-07-21,2015-07-21,2015-01-01"},
            {"RETURN localtime('21:40:32.142'), localtime('214032.142'), localtime('21:40'), "
             "localtime('21')",
             "21:40:32.142,21:40:32.142,21:40,21:00"},
            {"RETURN time('21:40:32.142+0100'), time('214032Z'), time('2140-00:30'), "
             "time('22+18:00')",
             "21:40:32.142+01:00,21:40:32Z,21:40-00:30,22:00+18:00"},
            {"RETURN datetime('2015-07-21T21:40:32.142+02:00[Europe/Stockholm]'), "
             "datetime('2015-07-21T21:40:32[Europe/London]'), datetime('2015-W30-2T2140Z')",
             "2015-07-21T21:40:32.142+02:00[Europe/Stockholm],2015-07-21T21:40:32+01:00[Europe/"
             "London],2015-07-21T21:40Z"},
            {"RETURN localdatetime('2015-202T21'), datetime('1818-07-21T21:40:32[Europe/Stockholm]"
             "').offsetSeconds > 3600",
             "2015-07-21T21:00,true"},
            {"RETURN datetime('2017-10-29T02:30+01:00[Europe/Stockholm]').offset, "
             "datetime('2017-10-29T02:30[Europe/Stockholm]').offset, "
             "datetime('2017-07-29T02:30Z[Europe/Stockholm]').offset",
             "+01:00,+02:00,+02:00"},
            {"RETURN datetime('2050-07-01T12:00[Europe/Stockholm]').offset, "
             "datetime('2050-01-01T12:00[Europe/Stockholm]').offset",
             "+02:00,+01:00"},
            {"RETURN duration('P14DT16H12M'), duration('P5M1.5D'), duration('P0.75M'), "
             "duration('PT0.75M'), duration('P2.5W'), duration('P12Y5M14DT16H12M70S'), "
             "duration('P2012-02-02T14:37:21.545')",
             "P14DT16H12M,P5M1DT12H,P22DT19H51M49.5S,PT45S,P17DT12H,P12Y5M14DT16H13M10S,"
             "P2012Y2M2DT14H37M21.545S"},
            {"RETURN duration({seconds: -1, nanoseconds: 500000000}), duration({seconds: 0, "
             "milliseconds: -500}), duration({months: 14})",
             "PT-0.5S,PT-0.5S,P1Y2M"},
        });
    CHECK(Fails(graph, "RETURN date('2015-13-01')", "InvalidArgumentValue"));
    CHECK(Fails(graph, "RETURN date('2015-02-30')", "InvalidArgumentValue"));
}

TEST_CASE("Neptune's functions take parts of a date, and of a date-time in UTC") {
    TestGraph graph;
    Check(graph, {
                     {"WITH datetime('2021-06-03T01:48:14Z') AS t RETURN day(t), month(t), year(t)",
                      "3,6,2021"},
                     {"RETURN day(datetime('2021-06-03T00:00:00+08:00')), "
                      "month(datetime('2021-06-01T00:00:00+08:00')), "
                      "year(datetime('2021-01-01T00:00:00+08:00'))",
                      "2,5,2020"},
                     {"WITH date('2021-06-03') AS d RETURN day(d), month(d), year(d), day(null)",
                      "3,6,2021,null"},
                 });
    CHECK(Fails(graph, "RETURN year(2021)", "InvalidArgumentType"));
}

TEST_CASE("openCypher makes dates and times of parts") {
    TestGraph graph;
    Check(
        graph,
        {
            {"RETURN date({year: 1984, month: 10, day: 11}), date({year: 1984, week: 10, "
             "dayOfWeek: 3}), date({year: 1984, ordinalDay: 202}), date({year: 1984, quarter: 3, "
             "dayOfQuarter: 45})",
             "1984-10-11,1984-03-07,1984-07-20,1984-08-14"},
            {"RETURN localtime({hour: 12, minute: 31, second: 14, millisecond: 645, microsecond: "
             "876, nanosecond: 123}), localtime({hour: 12, minute: 31, second: 14, nanosecond: "
             "645876123})",
             "12:31:14.645876123,12:31:14.645876123"},
            {"RETURN datetime({year: 1984, month: 10, day: 11, hour: 12, timezone: "
             "'Europe/Stockholm'}), time({hour: 12, timezone: '+01:00'})",
             "1984-10-11T12:00+01:00[Europe/Stockholm],12:00+01:00"},
            {"WITH date({year: 1984, month: 11, day: 11}) AS d RETURN date({date: d, year: 28}), "
             "date({date: d, week: 1}), date({date: d, quarter: 3})",
             "0028-11-11,1984-01-08,1984-08-11"},
            {"WITH time('12:31:14.645876+01:00') AS t RETURN time({time: t, timezone: '+05:00'}), "
             "time({time: t, second: 42}), localtime(t)",
             "16:31:14.645876+05:00,12:31:42.645876+01:00,12:31:14.645876"},
            {"RETURN datetime({epochSeconds: 416779, nanosecond: 1}), "
             "datetime.fromepochmillis(237821673987)",
             "1970-01-05T19:46:19.000000001Z,1977-07-15T13:34:33.987Z"},
            {"RETURN date.truncate('decade', date('1984-10-11'), {day: 2}), "
             "date.truncate('weekYear', date('1984-01-01')), localtime.truncate('minute', "
             "localtime('12:31:14.6'))",
             "1980-01-02,1983-01-03,12:31"},
            {"RETURN datetime.truncate('day', localdatetime('1984-10-11T12:31:14'), {timezone: "
             "'+01:00'}), datetime.truncate('millisecond', datetime('1984-10-11T12:31:14.645876Z'),"
             " {nanosecond: 2})",
             "1984-10-11T00:00+01:00,1984-10-11T12:31:14.645000002Z"},
        });
}

TEST_CASE("openCypher tells the parts of dates, times and durations") {
    TestGraph graph;
    Check(
        graph,
        {
            {"WITH date('1984-10-11') AS d RETURN d.year, d.quarter, d.month, d.week, d.weekYear, "
             "d.day, d.ordinalDay, d.weekDay, d.dayOfQuarter",
             "1984,4,10,41,1984,11,285,4,11"},
            {"WITH datetime('1984-11-11T12:31:14.645876123+01:00') AS d RETURN d.hour, d.minute, "
             "d.second, d.millisecond, d.microsecond, d.nanosecond, d.timezone, d.offset, "
             "d.offsetMinutes, d.epochSeconds, d.epochMillis",
             "12,31,14,645,645876,645876123,+01:00,+01:00,60,469020674,469020674645"},
            {"WITH duration({years: 1, months: 4, days: 10, hours: 1, minutes: 1, seconds: 1, "
             "nanoseconds: 111111111}) AS d RETURN d.years, d.quarters, d.months, d.weeks, d.days, "
             "d.hours, d.minutes, d.seconds, d.milliseconds, d.monthsOfYear, d.minutesOfHour",
             "1,5,16,1,10,1,61,3661,3661111,4,1"},
        });
}

TEST_CASE("openCypher computes with dates, times and durations") {
    TestGraph graph;
    Check(
        graph,
        {
            {"WITH date('1984-10-11') AS d, duration({years: 12.5, months: 5.5, days: 14.5, hours: "
             "16.5, minutes: 12.5, seconds: 70.5, nanoseconds: 3}) AS s RETURN d + s, d - s",
             "1997-10-11,1971-10-12"},
            {"RETURN localtime('12:31:14') + duration('PT23H'), date('2020-01-31') + "
             "duration('P1M'), datetime('2017-10-29T00:00+02:00[Europe/Stockholm]') + "
             "duration('PT4H')",
             "11:31:14,2020-02-29,2017-10-29T03:00+01:00[Europe/Stockholm]"},
            {"RETURN duration('P1M') + duration('P1D'), duration('P1Y') * 0.5, duration('P1D') / "
             "2, -duration('P1D')",
             "P1M1D,P6M,PT12H,P-1D"},
            {"RETURN duration.between(date('1984-10-11'), date('2015-06-24')), "
             "duration.between(date('1984-10-11'), localdatetime('2016-07-21T21:45:22.142')), "
             "duration.between(localtime('14:30'), time('16:30+01:00'))",
             "P30Y8M13D,P31Y9M10DT21H45M22.142S,PT2H"},
            {"RETURN duration.inMonths(date('1984-10-11'), date('2015-06-24')), "
             "duration.inDays(date('1984-10-11'), date('2015-06-24')), "
             "duration.inSeconds(date('1984-10-11'), date('1984-10-10'))",
             "P30Y8M,P11213D,PT-24H"},
            {"RETURN duration.between(datetime('2017-10-29T00:00[Europe/Stockholm]'), "
             "datetime('2017-10-29T04:00[Europe/Stockholm]'))",
             "PT5H"},
            {"RETURN date('2020-01-01') < date('2020-01-02'), time('10:00Z') > "
             "time('10:30+01:00'), date('2020-01-01') < localtime('10:00'), duration('P1D') = "
             "duration('PT24H')",
             "true,true,null,false"},
            {"RETURN duration.inSeconds(localtime(), localtime()), date() = date()", "PT0S,true"},
        });
}
