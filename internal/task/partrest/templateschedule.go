package partrest

import (
	"fmt"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/task/template"
)

// readSchedule reads REPLICATE_PARAMS (api-reference/tasks/template/fields.md#replicate_params).
func readSchedule(v phpform.Value, zone *time.Location) (s template.Schedule, ok bool) {
	if !v.IsArray() {
		return s, false
	}
	text := func(name, fallback string) string {
		if x, _ := v.GetFold(name); x.Text() != "" {
			return x.Text()
		}
		return fallback
	}
	ok = true
	count := func(name string, fallback, low int64) int {
		n, isNumber := phpform.StringOf(text(name, phpform.IntOf(fallback).Text())).Int()
		ok = ok && isNumber && n >= low && n <= 10_000
		return int(n)
	}
	at := func(name string) (t time.Time) {
		if x := text(name, ""); x != "" {
			var valid bool
			t, valid = parseMoment(x, zone)
			ok = ok && valid
		}
		return t
	}
	s = template.Schedule{
		Period: template.Period(text("PERIOD", "daily")), Till: template.Till(text("REPEAT_TILL", "endless")), Start: at("START_DATE"), End: at("END_DATE"),
		EveryDay: count("EVERY_DAY", 1, 1), MonthInterval: count("DAILY_MONTH_INTERVAL", 0, 0), EveryWeek: count("EVERY_WEEK", 1, 1),
		Times: int64(count("TIMES", 0, 0)), WorkdaysOnly: text("WORKDAY_ONLY", "N") == "Y", Day: 1, EveryMonth: 1, Weekday: 1, Month: 1,
	}
	offset, isNumber := phpform.StringOf(text("DEADLINE_OFFSET", "0")).Int()
	ok = ok && isNumber && offset >= 0 && offset <= 1<<31
	s.DeadlineOffset = time.Duration(offset) * time.Second
	clockTime, err := time.Parse("15:04", text("TIME", "05:00"))
	ok = ok && err == nil
	s.Minute = clockTime.Hour()*60 + clockTime.Minute()
	if days, _ := v.GetFold("WEEK_DAYS"); days.IsArray() {
		ids, valid := idsOf(days)
		ok = ok && valid
		for _, id := range ids {
			s.WeekDays = append(s.WeekDays, int(id))
		}
	}
	switch s.Period {
	case template.Monthly:
		s.ByWeekday = count("MONTHLY_TYPE", 1, 1) == 2
		s.Day, s.Week, s.Weekday = count("MONTHLY_DAY_NUM", 1, 1), count("MONTHLY_WEEK_DAY_NUM", 0, 0), count("MONTHLY_WEEK_DAY", 0, 0)+1
		s.EveryMonth = count("MONTHLY_MONTH_NUM_1", 1, 1)
		if s.ByWeekday {
			s.EveryMonth = count("MONTHLY_MONTH_NUM_2", 1, 1)
		}
	case template.Yearly:
		s.ByWeekday = count("YEARLY_TYPE", 1, 1) == 2
		s.Day, s.Week, s.Weekday = count("YEARLY_DAY_NUM", 1, 1), count("YEARLY_WEEK_DAY_NUM", 0, 0), count("YEARLY_WEEK_DAY", 0, 0)+1
		s.Month = count("YEARLY_MONTH_1", 0, 0) + 1
		if s.ByWeekday {
			s.Month = count("YEARLY_MONTH_2", 0, 0) + 1
		}
	}
	return s, ok
}

// templateTime is how moments are written in what is serialised.
const templateTime = "02.01.2006 15:04:05"

// scheduleValue writes a schedule as it is serialised.
func scheduleValue(t template.Template, zone *time.Location) phpform.Value {
	s := *t.Schedule
	at := func(m time.Time) phpform.Value {
		if m.IsZero() {
			return phpform.NullValue()
		}
		return phpform.StringOf(m.In(zone).Format(templateTime))
	}
	n := func(i int) phpform.Value { return phpform.IntOf(int64(i)) }
	var days []phpform.Value
	for _, d := range s.WeekDays {
		days = append(days, n(d))
	}
	kind := 1
	if s.ByWeekday {
		kind = 2
	}
	var o object
	o.str("PERIOD", string(s.Period)).set("WORKDAY_ONLY", yesNo(s.WorkdaysOnly)).set("WEEK_DAYS", phpform.ListOf(days...))
	o.str("TIME", fmt.Sprintf("%02d:%02d", s.Minute/60, s.Minute%60)).str("REPEAT_TILL", string(s.Till)).set("START_DATE", at(s.Start))
	o.set("END_DATE", at(s.End)).set("TIMES", phpform.IntOf(s.Times)).set("EVERY_DAY", n(s.EveryDay)).set("DAILY_MONTH_INTERVAL", n(s.MonthInterval))
	o.set("EVERY_WEEK", n(s.EveryWeek))
	switch s.Period {
	case template.Monthly:
		o.set("MONTHLY_TYPE", n(kind)).set("MONTHLY_DAY_NUM", n(s.Day)).set("MONTHLY_MONTH_NUM_1", n(s.EveryMonth)).set("MONTHLY_WEEK_DAY_NUM", n(s.Week))
		o.set("MONTHLY_WEEK_DAY", n(s.Weekday-1)).set("MONTHLY_MONTH_NUM_2", n(s.EveryMonth))
	case template.Yearly:
		o.set("YEARLY_TYPE", n(kind)).set("YEARLY_DAY_NUM", n(s.Day)).set("YEARLY_MONTH_1", n(s.Month-1)).set("YEARLY_WEEK_DAY_NUM", n(s.Week))
		o.set("YEARLY_WEEK_DAY", n(s.Weekday-1)).set("YEARLY_MONTH_2", n(s.Month-1))
	}
	return o.set("DEADLINE_OFFSET", phpform.IntOf(int64(s.DeadlineOffset/time.Second))).set("NEXT_EXECUTION_TIME", at(t.Next)).value()
}

// serialized writes a value as PHP's serialize does.
func serialized(v phpform.Value) string {
	switch {
	case v.IsNull():
		return "N;"
	case v.IsArray():
		var b strings.Builder
		fmt.Fprintf(&b, "a:%d:{", v.Len())
		for _, e := range v.Entries() {
			if n, ok := phpform.StringOf(e.Key).Int(); ok {
				fmt.Fprintf(&b, "i:%d;", n)
			} else {
				fmt.Fprintf(&b, "s:%d:\"%s\";", len(e.Key), e.Key)
			}
			b.WriteString(serialized(e.Value))
		}
		return b.String() + "}"
	case v.Kind() == phpform.Number:
		return "i:" + v.Text() + ";"
	}
	return fmt.Sprintf("s:%d:\"%s\";", len(v.Text()), v.Text())
}

// serializedIDs writes ids as texts in a list.
func serializedIDs(ids []int64) phpform.Value {
	values := make([]phpform.Value, len(ids))
	for i, id := range ids {
		values[i] = idText(id)
	}
	return phpform.StringOf(serialized(phpform.ListOf(values...)))
}
