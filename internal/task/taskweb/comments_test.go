package taskweb_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/comment"
	"github.com/portico-hq/portico/internal/task/taskweb"
	"github.com/portico-hq/portico/internal/user"
)

// messenger stands in for the messenger: it keeps messages in memory and tells the comments of them. The file 7 is anybody's.
type messenger struct {
	comments *comment.Service
	now      func() time.Time
	tasks    map[int64]int64 // the tasks of the chats
	messages map[int64]comment.Message
	authors  map[int64]int64
	chats    map[int64]int64 // of the messages
}

func newMessenger(now func() time.Time) *messenger {
	return &messenger{
		now: now, tasks: map[int64]int64{}, messages: map[int64]comment.Message{}, authors: map[int64]int64{}, chats: map[int64]int64{},
	}
}

func (m *messenger) CreateTx(_ context.Context, _ *db.Tx, c comment.Chat) (int64, error) {
	id := int64(len(m.tasks)) + 50
	m.tasks[id] = c.TaskID
	return id, nil
}

func (*messenger) RetitleTx(context.Context, *db.Tx, int64, string) error { return nil }

func (*messenger) SetMembersTx(context.Context, *db.Tx, int64, []int64, []int64) error { return nil }

func (*messenger) DropTx(context.Context, *db.Tx, int64) error { return nil }

func (m *messenger) SendTx(ctx context.Context, tx *db.Tx, chatID, author int64, text string, files []int64) (int64, error) {
	if slices.ContainsFunc(files, func(id int64) bool { return id != 7 }) {
		return 0, comment.ErrFile
	}
	id := int64(len(m.messages)) + 100
	m.messages[id], m.authors[id], m.chats[id] = comment.Message{ID: id, Text: text, Files: files}, author, chatID
	return id, m.tell(ctx, tx, comment.Written, id, author)
}

func (m *messenger) tell(ctx context.Context, tx *db.Tx, h comment.Happened, id, actor int64) error {
	return m.comments.MessageTx(ctx, tx, comment.Event{
		Happened: h, TaskID: m.tasks[m.chats[id]], ChatID: m.chats[id], MessageID: id, AuthorID: m.authors[id], Date: m.now(), ActorID: actor,
	})
}

func (m *messenger) RewriteTx(ctx context.Context, tx *db.Tx, actor, id int64, text string, files *[]int64) error {
	x := m.messages[id]
	x.Text = text
	if files != nil {
		x.Files = *files
	}
	m.messages[id] = x
	return m.tell(ctx, tx, comment.Rewritten, id, actor)
}

func (m *messenger) RemoveTx(ctx context.Context, tx *db.Tx, actor, id int64) error {
	return m.tell(ctx, tx, comment.Removed, id, actor)
}

func (m *messenger) TextsTx(_ context.Context, _ *db.Tx, ids []int64) (map[int64]comment.Message, error) {
	out := map[int64]comment.Message{}
	for _, id := range ids {
		out[id] = m.messages[id]
	}
	return out, nil
}

// CommentFiles makes world the file area: file 7 is a picture.
func (world) CommentFiles(_ context.Context, comments []int64) (map[int64][]taskweb.File, error) {
	out := map[int64][]taskweb.File{}
	for _, id := range comments {
		out[id] = []taskweb.File{{Name: "plan <1>.png", Size: "2 MB", URL: "/file/7/", Preview: "/file/7/preview"}}
	}
	return out, nil
}

// TaskFiles returns the files by their numbers.
func (world) TaskFiles(_ context.Context, _ int64, ids []int64) (map[int64]taskweb.File, error) {
	out := map[int64]taskweb.File{}
	for _, id := range ids {
		out[id] = taskweb.File{Name: fmt.Sprintf("file <%d>.pdf", id), Size: "1 KB", URL: fmt.Sprintf("/file/%d/", id)}
	}
	return out, nil
}

// Keep gives a file the length of its content as its number.
func (world) Keep(_ context.Context, _ int64, _ string, content io.Reader) (int64, error) {
	n, err := io.Copy(io.Discard, content)
	return n, err
}

func (world) UploadFolder(_ context.Context, userID int64) (int64, error) { return 1000 + userID, nil }

func (w world) TemplateFiles(ctx context.Context, id int64, ids []int64) (map[int64]taskweb.File, error) {
	return w.TaskFiles(ctx, id, ids)
}

func (world) Archive(_ context.Context, taskID int64, ids []int64, w io.Writer) error {
	_, err := fmt.Fprintf(w, "files %v of task %d", ids, taskID)
	return err
}

func TestCommentsOnTheCard(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.add(task.Task{Title: "Print"})
		const card = "/company/personal/user/2/tasks/task/view/1/"
		b.post("ben", card+"comment", url.Values{"text": {"Ink is <out>, @cleo!\r\n@nobody x@cleo"}, "file": {"7"}}, card+"#comments")
		if w := b.do("cleo", http.MethodGet, "/tasks/counter", nil); w.Code != 200 || strings.TrimSpace(w.Body.String()) != `{"count":1,"id":"tasks"}` {
			t.Errorf("the counter of Cleo, who has not seen it: %d %s", w.Code, w.Body)
		}
		body := b.page("cleo", card)
		has(t, body, "Ink is &lt;out&gt;", `href="/company/personal/user/3/"`, "Cleo Marsh</a>!", "@nobody x@cleo", "plan &lt;1&gt;.png", `href="/file/7/" data-slider`, "2 MB")
		hasNot(t, body, card+"comment/100/save") // Ben's, not hers
		has(t, b.page("ben", card), card+"comment/100/save", "wrote a comment")
		b.post("ben", card+"comment/100/save", url.Values{"text": {"Ink is back"}}, card+"#comments")
		has(t, b.page("cleo", card), "Ink is back")
		for who, w := range map[string]int{
			"cleo": b.do("cleo", http.MethodPost, card+"comment/100/delete", nil).Code, "empty": b.do("ben", http.MethodPost, card+"comment", url.Values{"text": {" "}}).Code,
			"foreign file": b.do("ben", http.MethodPost, card+"comment", url.Values{"text": {"x"}, "file": {"9"}}).Code,
			"stranger":     b.do("dan", http.MethodPost, card+"comment", url.Values{"text": {"x"}}).Code,
		} {
			want := map[string]int{"cleo": 403, "empty": 422, "foreign file": 422, "stranger": 404}[who]
			if w != want {
				t.Errorf("%s: %d, want %d", who, w, want)
			}
		}
		has(t, b.do("ben", http.MethodPost, card+"chat", url.Values{"dialog": {"1"}}).Body.String(), `{"dialog":"chat50"}`)
		b.post("ben", card+"chat", nil, "/online/?IM_DIALOG=chat50")
		b.post("ben", card+"comment/100/delete", nil, card+"#comments")
		hasNot(t, b.page("ben", card), "Ink is back")
	})
}

// counted is how the rail's item of tasks shows the number n.
func counted(n int) string {
	return fmt.Sprintf(`data-counter="tasks" data-count-url="/tasks/counter" data-count-on="task:changed">%d<`, n)
}

func TestNewCommentsAreCounted(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.add(task.Task{Title: "Print"})
		const list, card = "/company/personal/user/2/tasks/", "/company/personal/user/2/tasks/task/view/1/"
		b.post("cleo", card+"comment", url.Values{"text": {"One"}}, card+"#comments")
		b.post("cleo", card+"comment", url.Values{"text": {"Two"}}, card+"#comments")
		has(t, b.page("ben", list), counted(2), `title="New comments"`)
		b.page("ben", card)
		hasNot(t, b.page("ben", list), counted(2), `title="New comments"`)
		b.post("ben", card+"mute", url.Values{"on": {"1"}}, card)
		b.post("cleo", card+"comment", url.Values{"text": {"Three"}}, card+"#comments")
		hasNot(t, b.page("ben", list), counted(1))
	})
}

func TestWhatElseIsDoneOnTheCard(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.add(task.Task{Title: "Print", TaskControl: true, Deadline: noon.Add(48 * time.Hour)})
		const card = "/company/personal/user/2/tasks/task/view/1/"
		now := func() task.Task {
			t.Helper()
			got, err := b.tasks.Get(t.Context(), user.Ref{ID: 3}, 1)
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		for _, step := range []struct {
			who, deed string
			want      task.Status
		}{
			{"ben", "start", task.InProgress},
			{"ben", "pause", task.Pending},
			{"ben", "defer", task.Deferred},
			{"ben", "resume", task.Pending},
			{"ben", "complete", task.Awaiting},
			{"cleo", "return", task.Pending},
			{"ben", "complete", task.Awaiting},
			{"cleo", "complete", task.Completed},
			{"cleo", "resume", task.Pending},
		} {
			b.post(step.who, card+step.deed, nil, card)
			if got := now().Status; got != step.want {
				t.Fatalf("after %s the status is %d, want %d", step.deed, got, step.want)
			}
		}
		b.post("ben", card+"remind", url.Values{"before": {"day"}}, card+"#reminders")
		b.post("ben", card+"remind", url.Values{"at": {"2026-11-23T14:30"}}, card+"#reminders")
		has(t, b.page("ben", card), "Mon, 23 Nov, 14:30", "Tue, 24 Nov, 13:00")
		hasNot(t, b.page("cleo", card), "Mon, 23 Nov, 14:30")
		b.post("ben", card+"remind", url.Values{"remove": {"1764592200"}}, card+"#reminders") // nobody's
		has(t, b.page("ben", card), "Mon, 23 Nov, 14:30")
		b.post("ben", card+"remind", url.Values{"remove": {"1795440600"}}, card+"#reminders")
		hasNot(t, b.page("ben", card), "Mon, 23 Nov, 14:30")
		for _, form := range []url.Values{{"at": {""}}, {"at": {"2020-01-01T00:00"}}, {"before": {"week"}}} {
			if w := b.do("ben", http.MethodPost, card+"remind", form); w.Code != 422 {
				t.Errorf("reminded %v: %d", form, w.Code)
			}
		}
		b.post("anna", card+"watch", url.Values{"on": {"1"}}, card)
		if got := now(); !slices.Contains(got.Auditors, 1) {
			t.Errorf("observers %v", got.Auditors)
		}
		b.post("anna", card+"watch", url.Values{"on": {"0"}}, card)
		b.post("ben", card+"delegate", url.Values{"person": {"anna"}}, card)
		if got := now(); got.ResponsibleID != 1 || !slices.Contains(got.Auditors, 2) {
			t.Errorf("handed on to %d, observed by %v", got.ResponsibleID, got.Auditors)
		}
		if w := b.do("cleo", http.MethodPost, card+"delegate", url.Values{"person": {"zed"}}); w.Code != 422 || !strings.Contains(w.Body.String(), "Nobody is found") {
			t.Errorf("handed on to nobody: %d", w.Code)
		}
		b.post("ben", card+"watch", url.Values{"on": {"0"}}, "/company/personal/user/2/tasks/") // who only observed sees it no more
	})
}
