package portal_test

import (
	"archive/zip"
	"bytes"
	"image"
	"image/png"
	"io"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/notify"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/checklist"
	"github.com/portico-hq/portico/internal/task/comment"
	"github.com/portico-hq/portico/internal/task/template"
	"github.com/portico-hq/portico/internal/user"
)

// TestATaskIsTalkedAboutInTheMessenger walks a comment with a file from the task into the messenger, and an answer back.
func TestATaskIsTalkedAboutInTheMessenger(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	p, err := portal.Open(ctx, portal.Config{
		DB: dbtest.SQLiteConfig(t, portal.Schemas()...), PublicURL: func() string { return "http://portal.example" },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close(ctx) }()
	person := func(login string) user.Ref {
		u, err := p.Users.Create(ctx, user.NewUser{Login: login})
		if err != nil {
			t.Fatal(err)
		}
		return u.Ref()
	}
	anna, ben, eve := person("anna"), person("ben"), person("eve")
	x, err := p.Tasks.Create(ctx, anna, task.Task{Title: "Move house", ResponsibleID: ben.ID})
	if err != nil {
		t.Fatal(err)
	}
	chatID, err := p.Comments.ChatID(ctx, anna, x.ID)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := p.Files.Upload(ctx, file.Actor{UserID: ben.ID}, chatID, "plan.txt", strings.NewReader("boxes"))
	if err != nil {
		t.Fatal(err)
	}
	id, err := p.Comments.Add(ctx, ben, comment.New{TaskID: x.ID, Text: "The plan", Files: []int64{plan.ID}})
	if err != nil {
		t.Fatal(err)
	}
	page, err := p.IM.Messages(ctx, anna.ID, im.History{ChatID: chatID})
	if err != nil || len(page.Messages) == 0 || page.Messages[0].ID != id || len(page.Messages[0].Extra.Files) != 1 {
		t.Fatalf("%+v %v", page.Messages, err)
	}
	if _, err := p.IM.Send(ctx, im.NewMessage{ChatID: chatID, AuthorID: anna.ID, Text: "Thank you"}); err != nil {
		t.Fatal(err)
	}
	list, err := p.Comments.List(ctx, ben, x.ID, comment.Query{})
	if err != nil || len(list) != 2 || list[0].Text != "Thank you" || list[1].Files[0] != plan.ID {
		t.Errorf("%+v %v", list, err)
	}
	if _, err := p.Results.AddFromComment(ctx, ben, id); err != nil {
		t.Error(err)
	}
	if _, err := p.Files.Get(ctx, file.Actor{UserID: eve.ID}, plan.ID); err == nil {
		t.Error("who does not see the task sees its file")
	}
	commentShowsItsFiles(t, p, anna, id, plan.ID)
	boss, err := p.Users.Create(ctx, user.NewUser{Login: "boss", Admin: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Files.Get(ctx, file.Actor{UserID: boss.ID}, plan.ID); err != nil {
		t.Errorf("who sees the task, but is not in its chat, does not see its file: %v", err)
	}
	if err := p.Comments.Update(ctx, ben, x.ID, id, "No plan", &[]int64{}); err != nil {
		t.Fatal(err)
	}
	if card, err := p.FilesOnCard(ctx, id); err != nil || len(card) != 0 {
		t.Errorf("a file that was taken off a comment is shown: %v %v", card, err)
	}
	if _, err := p.Files.Get(ctx, file.Actor{UserID: anna.ID}, plan.ID); err == nil {
		t.Error("a file that no message carries any longer is there")
	}
	told := func() (n int) {
		list, err := p.Notify.List(ctx, ben.ID, notify.Query{})
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range list {
			if x.Event == "task_assigned" {
				n++
			}
		}
		return n
	}
	if n := told(); n != 1 {
		t.Errorf("ben is told %d times of his task", n)
	}
	if err := p.Tasks.Delete(ctx, anna, x.ID); err != nil {
		t.Fatal(err)
	}
	if n := told(); n != 0 {
		t.Error("ben is told of a task that is gone")
	}
	if _, err := p.IM.Get(ctx, anna.ID, chatID); err == nil {
		t.Error("the chat of a deleted task is there")
	}
}

// commentShowsItsFiles looks for the file of a comment on the card, in the method that lists comments and in the one that lists results.
func commentShowsItsFiles(t *testing.T, p *portal.Portal, who user.Ref, comment, fileID int64) {
	t.Helper()
	ctx := t.Context()
	card, err := p.FilesOnCard(ctx, comment)
	if err != nil || len(card) != 1 || card[0].Name != "plan.txt" {
		t.Errorf("on the card: %v %v", card, err)
	}
	ties, err := p.Files.TiesOf(ctx, file.Message, []int64{comment})
	if err != nil || len(ties) != 1 {
		t.Fatal(ties, err)
	}
	tie := strconv.FormatInt(ties[0].ID, 10)
	call := func(method, params string) string {
		var v phpform.Value
		if err := v.UnmarshalJSON([]byte(params)); err != nil {
			t.Fatal(err)
		}
		return string(portal.Execute(ctx, p, rest.Principal{Kind: rest.BySession, UserID: who.ID, Scopes: []string{"*"}}, method, v).Body)
	}
	want := `"ATTACHED_OBJECTS":{"` + tie + `":{"ATTACHMENT_ID":"` + tie + `","NAME":"plan.txt","SIZE":"5","FILE_ID":"` + strconv.FormatInt(fileID, 10) + `",`
	if got := call("task.commentitem.getlist", `{"TASKID":1}`); !strings.Contains(got, want) {
		t.Errorf("%s\nwant %s", got, want)
	}
	if got := call("tasks.task.result.list", `{"taskId":1}`); !strings.Contains(got, `"files":[`+tie+`]`) {
		t.Error(got)
	}
}

// TestPicturesAreShownSmallOnTheCard asks for the small picture that the card shows of a file.
func TestPicturesAreShownSmallOnTheCard(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	p, err := portal.Open(ctx, portal.Config{
		DB: dbtest.SQLiteConfig(t, portal.Schemas()...), PublicURL: func() string { return "http://portal.example" },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close(ctx) }()
	u, err := p.Users.Create(ctx, user.NewUser{Login: "anna"})
	if err != nil {
		t.Fatal(err)
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 600, 300))); err != nil {
		t.Fatal(err)
	}
	n, err := p.Files.KeepUpload(ctx, file.Actor{UserID: u.ID}, "stand.png", &picture)
	if err != nil {
		t.Fatal(err)
	}
	x, err := p.Tasks.Create(ctx, u.Ref(), task.Task{Title: "Move house", ResponsibleID: u.ID})
	if err != nil {
		t.Fatal(err)
	}
	id, err := p.Comments.Add(ctx, u.Ref(), comment.New{TaskID: x.ID, Text: "The stand", Files: []int64{n.ID}})
	if err != nil {
		t.Fatal(err)
	}
	card, err := p.FilesOnCard(ctx, id)
	if err != nil || len(card) != 1 {
		t.Fatal(card, err)
	}
	address, err := url.Parse(card[0].Preview)
	if err != nil {
		t.Fatal(err)
	}
	side, err := strconv.ParseInt(address.Query().Get("size"), 10, 64)
	if err != nil {
		t.Fatal(card[0].Preview, err)
	}
	small, kind, err := p.Files.Preview(ctx, n, side)
	if err != nil || kind != "image/jpeg" {
		t.Fatalf("%s leads to no picture: %s %v", card[0].Preview, kind, err)
	}
	if err := small.Close(); err != nil {
		t.Error(err)
	}
}

// TestFilesOfTasksAndTemplates walks files through tasks, templates and their checklists: who sees what shows a file may read it.
func TestFilesOfTasksAndTemplates(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	p, err := portal.Open(ctx, portal.Config{
		DB: dbtest.SQLiteConfig(t, portal.Schemas()...), PublicURL: func() string { return "http://portal.example" },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close(ctx) }()
	person := func(login string) user.Ref {
		u, err := p.Users.Create(ctx, user.NewUser{Login: login})
		if err != nil {
			t.Fatal(err)
		}
		return u.Ref()
	}
	anna, ben, eve := person("anna"), person("ben"), person("eve")
	keep := func(name string) int64 {
		n, err := p.Files.KeepUpload(ctx, file.Actor{UserID: anna.ID}, name, strings.NewReader(name))
		if err != nil {
			t.Fatal(err)
		}
		return n.ID
	}
	reads := func(who user.Ref, id int64, want bool) {
		t.Helper()
		if _, err := p.Files.Get(ctx, file.Actor{UserID: who.ID}, id); (err == nil) != want {
			t.Errorf("user %d reads file %d: %v, want %v", who.ID, id, err, want)
		}
	}
	plan, list := keep("plan.txt"), keep("list.txt")
	x, err := p.Tasks.Create(ctx, anna, task.Task{Title: "Move house", ResponsibleID: ben.ID, NewFiles: []task.FileRef{{FileID: plan}}})
	if err != nil {
		t.Fatal(err)
	}
	reads(ben, plan, true)
	reads(eve, plan, false)
	ties, err := p.TaskFiles.List(ctx, ben, x.ID)
	if err != nil || len(ties) != 1 || ties[0].FileID != plan {
		t.Fatal(ties, err)
	}
	both := []task.FileRef{{Tie: ties[0].ID}, {FileID: list}}
	if _, err := p.Tasks.Update(ctx, anna, x.ID, task.Change{Files: &both}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Tasks.Update(ctx, anna, x.ID, task.Change{Files: &[]task.FileRef{{FileID: list}}}); err != nil {
		t.Fatal(err)
	}
	reads(ben, plan, false)
	reads(ben, list, true)
	same, err := p.Files.KeepUpload(ctx, file.Actor{UserID: ben.ID}, "List.txt", strings.NewReader("ben's"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.TaskFiles.Attach(ctx, user.Ref{ID: ben.ID, Admin: true}, x.ID, []int64{same.ID}); err != nil {
		t.Fatal(err)
	}
	if got, want := unpack(t, p, x.ID, []int64{plan, list, same.ID}), "list.txt: list.txt\nList (2).txt: ben's\n"; got != want {
		t.Errorf("the archive holds %q, want %q", got, want)
	}
	if _, err := p.Tasks.Create(ctx, eve, task.Task{Title: "Mine", ResponsibleID: eve.ID, NewFiles: []task.FileRef{{FileID: plan}}}); err == nil {
		t.Error("a file that is not hers was attached")
	}

	m, err := p.Templates.Add(ctx, anna, template.Template{Title: "Move", CreatedBy: anna.ID, Responsibles: []int64{ben.ID}})
	if err != nil {
		t.Fatal(err)
	}
	zero := int64(0)
	item, err := p.Templates.Checklists().Add(ctx, anna, m.ID, checklist.New{Title: "Pack", ParentID: &zero})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Templates.Checklists().Attach(ctx, anna, m.ID, item.ID, []int64{plan}); err != nil {
		t.Fatal(err)
	}
	reads(ben, plan, true)
	letter := keep("letter.txt")
	if err := p.Templates.Attach(ctx, eve, m.ID, []int64{letter}); err == nil {
		t.Error("files were attached to another's template")
	}
	reads(ben, letter, false)
	if err := p.Templates.Attach(ctx, anna, m.ID, []int64{letter}); err != nil {
		t.Fatal(err)
	}
	reads(ben, letter, true)
	reads(eve, letter, false)
	below, err := p.Templates.Add(ctx, anna, template.Template{Title: "Below", CreatedBy: anna.ID, Responsibles: []int64{anna.ID}, BaseID: m.ID, NewFiles: &[]task.FileRef{{FileID: list}}})
	if err != nil {
		t.Fatal(err)
	}
	bens, err := p.Templates.Use(ctx, ben, m.ID) // who does not see the template below
	if err != nil || len(bens) != 2 {
		t.Fatal(bens, err)
	}
	for i, want := range []int64{letter, list} {
		ties, err := p.TaskFiles.List(ctx, ben, bens[i].ID)
		if err != nil || len(ties) != 1 || ties[0].FileID != want {
			t.Errorf("files of the task made %d: %v %v, want %d", i, ties, err, want)
		}
		if err := p.Tasks.Delete(ctx, ben, bens[i].ID); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Templates.Delete(ctx, anna, below.ID); err != nil {
		t.Fatal(err)
	}
	ties, err = p.Templates.ListFiles(ctx, ben, m.ID)
	if err != nil || len(ties) != 1 {
		t.Fatal(ties, err)
	}
	if err := p.Templates.Detach(ctx, ben, m.ID, ties[0].ID); err == nil {
		t.Error("a file was taken off another's template")
	}
	if err := p.Templates.Detach(ctx, anna, m.ID, ties[0].ID); err != nil {
		t.Fatal(err)
	}
	reads(ben, letter, false)
	made, err := p.Templates.Use(ctx, anna, m.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Templates.Delete(ctx, anna, m.ID); err != nil {
		t.Fatal(err)
	}
	items, err := p.Checklists.List(ctx, ben, made[0].ID, checklist.Query{})
	if err != nil || len(items) != 1 || len(items[0].Files) != 1 || items[0].Files[0].FileID != plan {
		t.Fatalf("%+v %v", items, err)
	}
	reads(ben, plan, true)
	reads(eve, plan, false)
	if err := p.Tasks.Delete(ctx, anna, made[0].ID); err != nil {
		t.Fatal(err)
	}
	reads(ben, plan, false)
	reads(anna, plan, true)
}

// unpack returns what is in the archive of the files of a task.
func unpack(t *testing.T, p *portal.Portal, taskID int64, ids []int64) string {
	t.Helper()
	var b bytes.Buffer
	if err := p.ArchiveOfTask(t.Context(), taskID, ids, &b); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out.WriteString(f.Name + ": " + string(content) + "\n")
	}
	return out.String()
}
