package taskweb

import (
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

// label is a badge: a word, what tone it has, and an icon beside it.
type label struct{ Text, Tone, Icon string }

// statusOf says a status in words.
func statusOf(s task.Status) label {
	switch s {
	case task.InProgress:
		return label{"In progress", "accent", "play"}
	case task.Awaiting:
		return label{"Waiting for approval", "warning", "clock"}
	case task.Completed:
		return label{"Done", "success", "check"}
	case task.Deferred:
		return label{"Put off", "neutral", "pause"}
	case task.Declined:
		return label{"Declined", "neutral", "close"}
	case task.New, task.Pending:
	}
	return label{"To do", "neutral", ""}
}

// dueOf says a deadline in words, in the zone of now: how late it is where it has passed and there is still something to
// do, else when it is.
func dueOf(v web.Viewer, t task.Task, now time.Time) label {
	at := t.Deadline.In(now.Location())
	switch {
	case t.Deadline.IsZero():
		return label{Text: "No deadline"}
	case t.Overdue(now):
		return label{"Overdue by " + span(now.Sub(at), days(at, now)), "danger", "fire"}
	}
	text, tone := moment(v, at, now), "neutral"
	if days(now, at) == 0 && !t.Status.Closed() {
		tone = "warning"
	}
	return label{text, tone, "clock"}
}

// moment writes a time as short as it is clear.
func moment(v web.Viewer, at, now time.Time) string {
	switch {
	case days(now, at) == 0:
		return "Today, " + v.Format(at, "15:04")
	case days(now, at) == 1:
		return "Tomorrow, " + v.Format(at, "15:04")
	case at.Year() == now.Year():
		return v.Format(at, "2 Jan, 15:04")
	}
	return v.Format(at, "2 Jan 2006, 15:04")
}

// span says how long d is, in its largest unit. Midnights counts those between its ends: what was due yesterday evening
// is one day late this morning.
func span(d time.Duration, midnights int) string {
	switch {
	case midnights > 0:
		return count(midnights, "day")
	case d >= time.Hour:
		return count(int(d/time.Hour), "hour")
	}
	return count(max(1, int(d/time.Minute)), "minute")
}

func count(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

// days counts the midnights from a to b, which are in the same zone.
func days(a, b time.Time) int {
	day := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) }
	return int(day(b).Sub(day(a)) / (24 * time.Hour))
}

// person is somebody as the pages show them.
type person struct {
	ID                               int64
	Name, Color, Avatar, URL, Detail string
}

// personOf returns the person id; one who is not known any more keeps their number.
func personOf(people map[int64]user.User, id int64) person {
	u, ok := people[id]
	if !ok {
		return person{ID: id, Name: fmt.Sprintf("User %d", id)}
	}
	p := person{ID: id, Name: u.DisplayName(), Color: u.Color, URL: u.ProfilePath(), Detail: u.Position}
	if path := u.AvatarPath(); path != "" {
		p.Avatar = path + "?size=150" // the smallest copy
	}
	return p
}

func personsOf(people map[int64]user.User, ids []int64) []person {
	var out []person
	for _, id := range ids {
		out = append(out, personOf(people, id))
	}
	return out
}
