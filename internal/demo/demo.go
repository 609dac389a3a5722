// Package demo fills a new portal with a small company: people, chats with a history, tasks overdue and not. It speaks to
// the services as anybody else does, under a clock that it sets back, so what it makes is what real use makes.
package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/im"
	openline "github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/user"
)

// maker carries what has been made so far.
type maker struct {
	portal *portal.Portal
	clock  *clock.Manual
	now    time.Time
	people map[string]user.User // by first name
}

// Fill makes the company in p, whose only user so far is the administrator with the id 1. Everybody signs in with password.
// What it makes again after an interrupted run is made only once.
func Fill(ctx context.Context, p *portal.Portal, now time.Time, password string) error {
	done, _, err := p.Users.Departments(ctx, user.DepartmentQuery{Names: []string{departments[0].name}})
	if err != nil || len(done) > 0 {
		return err
	}
	now = now.In(home())
	clk := clock.NewManual(now.AddDate(0, 0, -90))
	past, err := p.Beside(ctx, clk)
	if err != nil {
		return fmt.Errorf("open the portal in the past: %w", err)
	}
	m := &maker{portal: past, clock: clk, now: now, people: map[string]user.User{}}
	for _, step := range []func(context.Context) error{
		func(ctx context.Context) error { return m.makePeople(ctx, password) }, m.makeChats, m.makeTasks, m.makeLine, m.makeClients, m.makeDepartments,
	} {
		if err := step(ctx); err != nil {
			_ = past.Close(ctx)
			return err
		}
	}
	return past.Close(ctx)
}

// home is where the company works: its days begin and end there.
func home() *time.Location {
	if l, err := time.LoadLocation(people[0].zone); err == nil {
		return l
	}
	return time.UTC // a program without zone files
}

func (m *maker) makePeople(ctx context.Context, password string) error {
	for i, p := range people {
		u, err := m.makePerson(ctx, i, p, password)
		if err != nil {
			return fmt.Errorf("make %s: %w", p.first, err)
		}
		if err := m.portal.Users.SetAvatar(ctx, u.ID, portrait(p.look)); err != nil {
			return fmt.Errorf("picture of %s: %w", p.first, err)
		}
		m.people[p.first] = u
	}
	return nil
}

func (m *maker) makePerson(ctx context.Context, i int, p person, password string) (user.User, error) {
	if i > 0 {
		if u, err := m.portal.Users.ByLogin(ctx, p.email); !errors.Is(err, user.ErrNotFound) {
			return u, err // made by a run that was cut short
		}
		return m.portal.CreateUser(ctx, user.NewUser{
			Email: p.email, Password: password, FirstName: p.first, LastName: p.last, Position: p.position, Gender: p.gender,
			Birthday: p.birthday, WorkPhone: p.phone, InnerPhone: p.inner, City: p.city, TimeZone: p.zone, Language: "en",
		})
	}
	admin, err := m.portal.Users.Get(ctx, 1)
	if err != nil {
		return admin, err
	}
	return m.portal.Users.Update(ctx, admin.ID, user.Change{
		Email: &p.email, FirstName: &p.first, LastName: &p.last, Position: &p.position, Gender: &p.gender, Birthday: &p.birthday,
		WorkPhone: &p.phone, InnerPhone: &p.inner, City: &p.city, TimeZone: &p.zone,
	})
}

// makeDepartments comes last: its first department tells that everything before it was made.
func (m *maker) makeDepartments(ctx context.Context) error {
	ids := map[string]int64{}
	for i, d := range slices.Backward(departments) {
		made, err := m.portal.Users.CreateDepartment(ctx, user.Department{Name: d.name, HeadID: m.people[d.head].ID, Sort: int64(100 * (i + 1))})
		if err != nil {
			return fmt.Errorf("make %s: %w", d.name, err)
		}
		ids[d.name] = made.ID
	}
	for _, p := range people {
		in := []int64{ids[p.department]}
		if _, err := m.portal.Users.Update(ctx, m.people[p.first].ID, user.Change{DepartmentIDs: &in}); err != nil {
			return fmt.Errorf("place %s: %w", p.first, err)
		}
	}
	return nil
}

func (m *maker) makeChats(ctx context.Context) error {
	for _, c := range chats {
		chat, err := m.openChat(ctx, c)
		if err != nil {
			return fmt.Errorf("open %s: %w", c.title, err)
		}
		if chat.LastSeq != 0 {
			continue // made by a run that was cut short
		}
		for _, l := range c.lines {
			m.clock.Set(l.when(m.now))
			text := im.NewMessage{ChatID: chat.ID, AuthorID: m.people[l.who].ID, Text: l.text}
			if _, err := m.portal.IM.Send(ctx, text); err != nil {
				return fmt.Errorf("write to %s: %w", c.title, err)
			}
		}
		if err := m.readAll(ctx, c, chat); err != nil {
			return err
		}
	}
	return nil
}

func (m *maker) openChat(ctx context.Context, c conversation) (im.Chat, error) {
	m.clock.Set(c.lines[0].when(m.now).Add(-time.Minute))
	ids := make([]int64, len(c.members))
	for i, name := range c.members {
		ids[i] = m.people[name].ID
	}
	switch {
	case c.general:
		return m.portal.IM.General(ctx)
	case c.title == "":
		return m.portal.IM.OpenPrivate(ctx, ids[0], ids[1])
	}
	found, err := m.portal.IM.Search(ctx, ids[0], c.title, 1)
	if err != nil || len(found) > 0 {
		return append(found, im.Chat{})[0], err
	}
	return m.portal.IM.CreateGroup(ctx, im.NewGroup{OwnerID: ids[0], Title: c.title, MemberIDs: ids})
}

// readAll marks the chat read by its members, except what the conversation leaves unread for the administrator.
func (m *maker) readAll(ctx context.Context, c conversation, chat im.Chat) error {
	for name, u := range m.people {
		if name == people[0].first && c.unread {
			continue
		}
		if !c.general && !slices.Contains(c.members, name) {
			continue
		}
		if _, err := m.portal.IM.Read(ctx, u.ID, chat.ID, 0); err != nil {
			return fmt.Errorf("mark %s read: %w", c.title, err)
		}
	}
	return nil
}

func (m *maker) makeTasks(ctx context.Context) error {
	admin := m.people[people[0].first]
	if made, err := m.portal.Tasks.Counts(ctx, admin.Ref(), admin.ID); err != nil || made.All > 0 {
		return err // made by a run that was cut short
	}
	for _, t := range tasks {
		m.clock.Set(m.now.Add(-t.age))
		by := m.people[t.by]
		made, err := m.portal.Tasks.Create(ctx, by.Ref(), task.Task{
			Title: t.title, Description: t.text, ResponsibleID: m.people[t.responsible].ID, Priority: t.priority,
			Deadline: t.deadline(m.now), Tags: t.tags,
		})
		if err != nil {
			return fmt.Errorf("make task %q: %w", t.title, err)
		}
		if !t.done {
			continue
		}
		m.clock.Advance(t.age / 2)
		if _, err := m.portal.Tasks.Complete(ctx, m.people[t.responsible].Ref(), made.ID); err != nil {
			return fmt.Errorf("complete task %q: %w", t.title, err)
		}
	}
	return nil
}

// makeLine makes an open channel in which two people answer.
func (m *maker) makeLine(ctx context.Context) error {
	there, err := m.portal.Lines.All(ctx)
	if err != nil || len(there) > 0 {
		return err // a run that was cut short made it
	}
	m.clock.Set(m.now.AddDate(0, 0, -30))
	_, err = m.portal.Lines.Add(ctx, user.Ref{ID: 1, Admin: true}, func(l *openline.Line) error {
		l.Name, l.Categories = "Support", true
		l.Vote.Enabled, l.Vote.CloseAtOnce = true, true
		for _, name := range operators {
			l.Queue = append(l.Queue, openline.Entry{Kind: openline.EntryUser, ID: m.people[name].ID})
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("make the open channel: %w", err)
	}
	return nil
}
