package line_test

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline/line"
)

func TestWhatALineDoesNotTake(t *testing.T) {
	run(t, func(b *bench) {
		gone := b.person("gone")
		b.dismiss(gone)
		l := b.add(func(l *line.Line) { l.Name = "Support" })
		for name, c := range map[string]struct {
			change func(l *line.Line)
			want   []string // the fields at fault, in order
		}{
			"no name":                 {func(l *line.Line) { l.Name = "  " }, []string{"LINE_NAME"}},
			"a language that is none": {func(l *line.Line) { l.Language = "e n" }, []string{"LANGUAGE_ID"}},
			"an unknown agreement":    {func(l *line.Line) { l.AgreementID = 4 }, []string{"AGREEMENT_ID"}},
			"an unknown category":     {func(l *line.Line) { l.Categories, l.CategoryID = true, 4 }, []string{"CATEGORY_ID"}},
			"an unknown zone":         {func(l *line.Line) { l.WorkTime.Zone = "Europe/Nowhere" }, []string{"WORKTIME_TIMEZONE"}},
			"the machine's zone":      {func(l *line.Line) { l.WorkTime.Zone = "Local" }, []string{"WORKTIME_TIMEZONE"}},
			"greeting with nothing":   {func(l *line.Line) { l.WelcomeText = " " }, []string{"WELCOME_MESSAGE_TEXT"}},
			"never at work": {func(l *line.Line) {
				_ = line.FieldNamed("WORKTIME_DAYOFF").Assign(l, []string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"})
				l.WorkTime.Enabled = true
			}, []string{"WORKTIME_DAYOFF"}},
			"no bot":                  {func(l *line.Line) { l.Bot.Enabled = true }, []string{"WELCOME_BOT_ID"}},
			"a bot of another kind":   {func(l *line.Line) { l.Bot.ID, l.Close.BotID = 78, 79 }, []string{"WELCOME_BOT_ID", "CLOSE_BOT_ID"}},
			"who does not exist":      {func(l *line.Line) { l.Queue = []line.Entry{user1(9999)} }, []string{"QUEUE"}},
			"who was dismissed":       {func(l *line.Line) { l.Queue = []line.Entry{user1(gone)} }, []string{"QUEUE"}},
			"an unknown department":   {func(l *line.Line) { l.Queue = []line.Entry{dept(9999)} }, []string{"QUEUE"}},
			"an unknown kind":         {func(l *line.Line) { l.Queue = []line.Entry{{Kind: "robot", ID: 1}} }, []string{"QUEUE"}},
			"nobody to tell":          {func(l *line.Line) { l.FurtherAnswer.To = []int64{9999} }, []string{"KPI_FURTHER_ANSWER_LIST"}},
			"unknown canned answers":  {func(l *line.Line) { l.QuickAnswersID = 3 }, []string{"QUICK_ANSWERS_IBLOCK_ID"}},
			"a picture from anywhere": {func(l *line.Line) { l.DefaultOperator.Avatar = "javascript:alert(1)" }, []string{"DEFAULT_OPERATOR_DATA"}},
			"no file of the portal":   {func(l *line.Line) { l.Shown = map[int64]line.Shown{1: {AvatarID: -4}} }, []string{"QUEUE_USERS_FIELDS"}},
			"a long queue": {func(l *line.Line) {
				for id := range int64(line.MaxQueue + 1) {
					l.Queue = append(l.Queue, user1(id+1))
				}
			}, []string{"QUEUE"}},
			"several at once": {func(l *line.Line) { l.Name, l.WorkTime.Zone, l.Bot.ID = "", "x", 1 }, []string{"LINE_NAME", "WORKTIME_TIMEZONE", "WELCOME_BOT_ID"}},
		} {
			err := b.update(b.boss, l.ID, c.change)
			var faults line.Faults
			if !errors.As(err, &faults) {
				t.Errorf("%s: %v", name, err)
				continue
			}
			var got []string
			for _, f := range faults {
				got = append(got, f.Field)
				if f.Code != "ERROR_ARGUMENT" || f.Kind != fault.Invalid || !strings.HasPrefix(f.Text, f.Field+" ") {
					t.Errorf("%s: %+v", name, f)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: at fault are %v, want %v", name, got, c.want)
			}
		}
		if same, err := b.lines.Get(b.Context(), l.ID); err != nil || same.Name != "Support" || len(b.told) != 0 {
			t.Errorf("something was kept: %+v, %q, %v", same, b.told, err)
		}
	})
}

func TestFieldsTakeWhatTheWireSends(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ field, values, want string }{
		{"ACTIVE", "Y", "Y"},
		{"ACTIVE", "0", "N"},
		{"ACTIVE", "perhaps", "!ACTIVE must be Y or N"},
		{"QUEUE_TYPE", "all", "all"},
		{"QUEUE_TYPE", "random", "!QUEUE_TYPE must be one of evenly, strictly, all"},
		{"QUEUE_TIME", "45", "45"},
		{"QUEUE_TIME", "", "0"},
		{"QUEUE_TIME", "-1", "!QUEUE_TIME must be a whole number from 0 to 31536000"},
		{"QUEUE_TIME", "soon", "!QUEUE_TIME must be a whole number from 0 to 31536000"},
		{"QUEUE_TIME", "1|2", "!QUEUE_TIME must be a single value"},
		{"WORKTIME_FROM", "09:00", "9"},
		{"WORKTIME_FROM", "9", "9"},
		{"WORKTIME_FROM", "9.30", "9.30"},
		{"WORKTIME_FROM", "9.3", "9.30"}, // what JSON makes of the number 9.30
		{"WORKTIME_FROM", "0", "0"},
		{"WORKTIME_TO", "23.59", "23.59"},
		{"WORKTIME_TO", "24:00", "23.59"},
		{"WORKTIME_TO", "24:01", "!WORKTIME_TO must be a time of day such as 09:30"},
		{"WORKTIME_TO", "9:5", "!WORKTIME_TO must be a time of day such as 09:30"},
		{"WORKTIME_TO", "", "!WORKTIME_TO must be a time of day such as 09:30"},
		{"WORKTIME_TO", "+9", "!WORKTIME_TO must be a time of day such as 09:30"},
		{"WORKTIME_DAYOFF", "SU|SA", "SA,SU"},
		{"WORKTIME_DAYOFF", "mo, mo", "MO"},
		{"WORKTIME_DAYOFF", "", ""},
		{"WORKTIME_DAYOFF", "XX", "!WORKTIME_DAYOFF must be days such as MO, TU, SU"},
		{"WORKTIME_HOLIDAYS", "1.1,25.12", "01.01,25.12"},
		{"WORKTIME_HOLIDAYS", "29.02", "29.02"},
		{"WORKTIME_HOLIDAYS", "30.02", "!WORKTIME_HOLIDAYS must be days such as 25.12"},
		{"KPI_FIRST_ANSWER_LIST", "4|7|4", "4,7"},
		{"KPI_FIRST_ANSWER_LIST", "x", "!KPI_FIRST_ANSWER_LIST must be ids of people"},
		{"WELCOME_BOT_JOIN", "always", "always"},
		{"WELCOME_BOT_LEFT", "never", "!WELCOME_BOT_LEFT must be one of queue, close"},
		{"LINE_NAME", strings.Repeat("ä", 255), strings.Repeat("ä", 255)},
		{"LINE_NAME", strings.Repeat("ä", 256), "!LINE_NAME must be a text of at most 255 characters"},
		{"LINE_NAME", "a\x00b", "!LINE_NAME must be a text of at most 255 characters"},
		{"CRM", "N", "N"},
		{"CRM", "Y", "!CRM needs the CRM, which this portal does not have yet; it can only be switched off"},
		{"CRM_CREATE", "lead", "!CRM_CREATE needs the CRM, which this portal does not have yet; it can only be switched off"},
		{"WELCOME_FORM_ID", "0", "0"},
		{"WELCOME_FORM_ID", "3", "!WELCOME_FORM_ID needs the CRM, which this portal does not have yet; it can only be switched off"},
	} {
		var l line.Line
		f := line.FieldNamed(strings.ToLower(c.field))
		got := ""
		if err := f.Assign(&l, strings.Split(c.values, "|")); err != nil {
			got = "!" + fault.Of(err).Text
		} else {
			got = f.Text(&l)
		}
		if got != c.want {
			t.Errorf("%s %q: %s, want %s", c.field, c.values, got, c.want)
		}
	}
}

func FuzzAssign(f *testing.F) {
	for _, s := range []string{"", "9.30", "24", "SA,SU", "29.02", "Y", "1,2,3", "\x00", "-1", "99999999999999999999"} {
		f.Add(s, 7)
	}
	all := line.Fields()
	f.Fuzz(func(t *testing.T, text string, n int) {
		field := all[uint(n)%uint(len(all))]
		var l, again line.Line
		if field.ReadOnly || field.Assign(&l, []string{text}) != nil {
			return
		}
		// What was taken is given back, and taken again as it is.
		out := field.Text(&l)
		if err := field.Assign(&again, []string{out}); err != nil || field.Text(&again) != out {
			t.Errorf("%s: %q became %q, which became %q: %v", field.Name, text, out, field.Text(&again), err)
		}
	})
}

func TestLists(t *testing.T) {
	run(t, func(b *bench) {
		b.add(func(l *line.Line) { l.Name, l.Priority = "Sales", 5 })
		b.add(func(l *line.Line) { l.Name, l.Active, l.WorkTime.From = "Support", false, 8*60+30 })
		b.add(func(l *line.Line) { l.Name, l.Priority, l.XMLID = "100% help_desk", 2, "x" })
		where := func(name string, op line.Op, not bool, values ...string) line.Query {
			return line.Query{Where: []line.Condition{{Field: line.FieldNamed(name), Op: op, Not: not, Values: values}}}
		}
		for name, c := range map[string]struct {
			q    line.Query
			want string
		}{
			"all":             {line.Query{}, "1 2 3"},
			"some":            {line.Query{IDs: []int64{3, 1, 9}}, "1 3"},
			"none":            {line.Query{IDs: []int64{}}, ""},
			"active":          {where("ACTIVE", line.Equal, false, "Y"), "1 3"},
			"not active":      {where("ACTIVE", line.Equal, true, "Y"), "2"},
			"by number":       {where("SESSION_PRIORITY", line.GreaterOrEqual, false, "2"), "1 3"},
			"several":         {where("ID", line.Equal, false, "2", "3"), "2 3"},
			"part of a name":  {where("LINE_NAME", line.Contains, false, "SUP"), "2"},
			"a percent sign":  {where("LINE_NAME", line.Contains, false, "0%"), "3"},
			"an underscore":   {where("LINE_NAME", line.Contains, false, "s_l"), ""},
			"a time of day":   {where("WORKTIME_FROM", line.Equal, false, "8.30"), "2"},
			"days off":        {where("WORKTIME_DAYOFF", line.Equal, false, "SA,SU"), "1 2 3"},
			"of the CRM":      {where("CRM", line.Equal, false, "N"), "1 2 3"},
			"no such value":   {where("CRM", line.Equal, false, "Y"), ""},
			"nonsense":        {where("QUEUE_TIME", line.Equal, false, "soon"), ""},
			"not nonsense":    {where("QUEUE_TIME", line.Equal, true, "soon"), "1 2 3"},
			"after a date":    {where("DATE_CREATE", line.Greater, false, "2026-05-04T09:00:00+00:00"), "1 2 3"},
			"before it":       {where("DATE_CREATE", line.Less, false, "2026-05-04"), ""},
			"part of nothing": {where("XML_ID", line.Contains, true, "x"), "1 2"},
			"ordered":         {line.Query{Order: []line.Order{{Field: line.FieldNamed("SESSION_PRIORITY"), Descending: true}}}, "1 3 2"},
			"by the CRM":      {line.Query{Order: []line.Order{{Field: line.FieldNamed("CRM")}}}, "1 2 3"},
			"a page":          {line.Query{Offset: 1, Limit: 1}, "2"},
			"the rest":        {line.Query{Offset: 1}, "2 3"},
		} {
			lines, err := b.lines.List(b.Context(), c.q)
			var got []string
			for _, l := range lines {
				got = append(got, strconv.FormatInt(l.ID, 10))
			}
			if err != nil || strings.Join(got, " ") != c.want {
				t.Errorf("%s: %v, want %s (%v)", name, got, c.want, err)
			}
		}
		// Every field can be filtered and sorted by.
		for _, f := range line.Fields() {
			q := where(f.Name, line.Equal, false, "1")
			q.Order = []line.Order{{Field: f}}
			if _, err := b.lines.List(b.Context(), q); err != nil {
				t.Errorf("%s: %v", f.Name, err)
			}
		}
		if n, err := b.lines.Count(b.Context(), where("ACTIVE", line.Equal, false, "Y")); err != nil || n != 2 {
			t.Errorf("counted %d, %v", n, err)
		}
	})
}

// TestALineNamesAnAgreement takes an agreement in the place of a text of the line's own.
func TestALineNamesAnAgreement(t *testing.T) {
	run(t, func(b *bench) {
		l := b.add(func(l *line.Line) { l.Name = "Support" })
		if err := b.update(b.boss, l.ID, func(l *line.Line) { l.Agreement, l.AgreementID, l.AgreementText = true, 5, "" }); err != nil {
			t.Errorf("an agreement that there is: %v", err)
		}
		if err := b.update(b.boss, l.ID, func(l *line.Line) { l.AgreementID = 0 }); fault.Of(err).Field != "AGREEMENT_TEXT" {
			t.Errorf("neither an agreement nor a text: %v", err)
		}
		for id, want := range map[int64]string{5: "Support", 6: ""} {
			err := b.db.Read(b.Context(), func(tx *db.Tx) error {
				names, err := b.lines.AskingTx(b.Context(), tx, id)
				if strings.Join(names, ", ") != want {
					t.Errorf("%d is asked for in %q, want %q", id, names, want)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		}
	})
}

// TestALineNamesACategory takes the category that new conversations get, until that is deleted.
func TestALineNamesACategory(t *testing.T) {
	run(t, func(b *bench) {
		l := b.add(func(l *line.Line) { l.Name, l.Categories, l.CategoryID = "Support", true, 5 })
		for _, id := range []int64{6, 5} {
			if err := b.db.Write(b.Context(), func(tx *db.Tx) error { return b.lines.CategoryRemovedTx(b.Context(), tx, id) }); err != nil {
				t.Fatal(err)
			}
			got, err := b.lines.Get(b.Context(), l.ID)
			if want := map[int64]int64{6: 5}[id]; err != nil || !got.Categories || got.CategoryID != want {
				t.Errorf("after %d is gone: %v, %d, %v; want %d", id, got.Categories, got.CategoryID, err, want)
			}
		}
	})
}
