package answer_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline/answer"
	"github.com/portico-hq/portico/internal/user"
)

var (
	boss = user.Ref{ID: 1, Access: access.ManageLines}
	ann  = user.Ref{ID: 2}
	bob  = user.Ref{ID: 3}
)

func run(t *testing.T, test func(t *testing.T, s *answer.Service, gone *[]int64)) {
	t.Helper()
	t.Parallel()
	dbtest.Run(t, []db.Schema{audit.Schema(), answer.Schema()}, func(t *testing.T, d *db.DB) {
		clk := clock.NewManual(time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC))
		var gone []int64
		test(t, answer.New(answer.Config{
			DB: d, Clock: clk, Audit: audit.New(d, clk),
			OnFolderTx: []func(context.Context, *db.Tx, int64) error{func(_ context.Context, tx *db.Tx, id int64) error {
				tx.AfterCommit(func() { gone = append(gone, id) })
				return nil
			}},
		}), &gone)
	})
}

func code(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || fault.Of(err).Code != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestAnswersAreFound(t *testing.T) {
	run(t, func(t *testing.T, s *answer.Service, _ *[]int64) {
		ctx := t.Context()
		folder, err := s.SaveFolder(ctx, boss, answer.Folder{Name: "Shop"})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range []answer.Answer{
			{Keyword: "/Ship", Text: "We ship in two days.", FolderID: folder.ID},
			{Keyword: "hello", Text: "Hello! How can we help?"},
			{Text: "Returns cost 100% nothing; Übergröße as well."},
			{OwnerID: 2, Keyword: "bye", Text: "Bye, and shipping is free."},
			{OwnerID: 3, Keyword: "ship", Text: "Of somebody else."},
		} {
			actor := boss
			if a.OwnerID != 0 {
				actor = user.Ref{ID: a.OwnerID}
			}
			if _, err := s.Save(ctx, actor, a); err != nil {
				t.Fatal(err)
			}
		}
		for name, c := range map[string]struct {
			q    answer.Query
			want string
		}{
			"all of ann's":       {answer.Query{UserID: 2}, "bye hello ship -"},
			"shared ones":        {answer.Query{}, "hello ship -"},
			"by keyword, first":  {answer.Query{UserID: 2, Text: "SHIP"}, "ship bye"},
			"by text":            {answer.Query{UserID: 2, Text: "how can"}, "hello"},
			"in other letters":   {answer.Query{UserID: 2, Text: "ÜBERGRÖSSE"}, ""},
			"with umlauts":       {answer.Query{UserID: 2, Text: "ÜBERGRÖ"}, "-"},
			"a percent sign":     {answer.Query{UserID: 2, Text: "0% n"}, "-"},
			"an underscore":      {answer.Query{UserID: 2, Text: "s_ip"}, ""},
			"a folder and own":   {answer.Query{UserID: 2, FolderID: folder.ID}, "bye ship"},
			"a page":             {answer.Query{UserID: 2, Limit: 2, Offset: 1}, "hello ship"},
			"nothing like it":    {answer.Query{UserID: 2, Text: "zebra"}, ""},
			"a keyword's middle": {answer.Query{UserID: 2, Text: "ello!"}, "hello"},
		} {
			list, err := s.Find(ctx, c.q)
			var got []string
			for _, a := range list {
				if a.Keyword == "" {
					a.Keyword = "-"
				}
				got = append(got, a.Keyword)
			}
			if err != nil || strings.Join(got, " ") != c.want {
				t.Errorf("%s: %v, want %s (%v)", name, got, c.want, err)
			}
		}
		if n, err := s.Count(ctx, answer.Query{UserID: 2, Text: "ship"}); n != 2 || err != nil {
			t.Errorf("counted %d, %v", n, err)
		}
	})
}

func TestWhoMayChangeAnswers(t *testing.T) {
	run(t, func(t *testing.T, s *answer.Service, gone *[]int64) {
		ctx := t.Context()
		_, err := s.Save(ctx, ann, answer.Answer{Text: "Shared"})
		code(t, err, "ACCESS_DENIED")
		shared, err := s.Keep(ctx, ann, 0, " Shared ")
		if err != nil || shared.Text != "Shared" || shared.AuthorID != 2 {
			t.Fatalf("%+v, %v", shared, err)
		}
		if again, err := s.Keep(ctx, bob, 0, "Shared"); err != nil || again.ID != shared.ID {
			t.Errorf("kept twice: %+v, %v", again, err)
		}
		own, err := s.Save(ctx, ann, answer.Answer{OwnerID: 2, Text: "Mine"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Save(ctx, bob, answer.Answer{OwnerID: 2, Text: "Not mine"})
		code(t, err, "ACCESS_DENIED")
		_, err = s.Save(ctx, bob, answer.Answer{ID: own.ID, OwnerID: 3, Text: "Taken"})
		code(t, err, "ANSWER_NOT_FOUND")
		_, err = s.Get(ctx, bob, own.ID)
		code(t, err, "ANSWER_NOT_FOUND")
		code(t, s.Delete(ctx, bob, own.ID), "ANSWER_NOT_FOUND")
		code(t, s.Delete(ctx, ann, shared.ID), "ACCESS_DENIED")
		own.Text, own.Keyword = "Mine, better", "/Mine"
		if own, err = s.Save(ctx, ann, own); err != nil || own.Keyword != "mine" {
			t.Errorf("%+v, %v", own, err)
		}
		if got, err := s.Get(ctx, ann, own.ID); err != nil || got != own {
			t.Errorf("read %+v, want %+v (%v)", got, own, err)
		}
		private, err := s.SaveFolder(ctx, ann, answer.Folder{OwnerID: 2, Name: "Private"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Save(ctx, boss, answer.Answer{FolderID: private.ID, Text: "x"})
		code(t, err, "ANSWER_FOLDER_NOT_FOUND")
		code(t, s.DeleteFolder(ctx, bob, private.ID), "ACCESS_DENIED")
		folder, err := s.SaveFolder(ctx, boss, answer.Folder{Name: "Shop"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.SaveFolder(ctx, boss, answer.Folder{Name: " SHOP "})
		code(t, err, "FOLDER_BUSY")
		in, err := s.Keep(ctx, ann, folder.ID, "In the shop")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.DeleteFolder(ctx, boss, folder.ID); err != nil || len(*gone) != 1 || (*gone)[0] != folder.ID {
			t.Errorf("told %v, %v", *gone, err)
		}
		if in, err = s.Get(ctx, bob, in.ID); err != nil || in.FolderID != 0 {
			t.Errorf("without its folder: %+v, %v", in, err)
		}
		if err := s.Delete(ctx, boss, shared.ID); err != nil {
			t.Error(err)
		}
		folders, err := s.Folders(ctx, 2)
		if err != nil || len(folders) != 1 || folders[0] != private {
			t.Errorf("folders %+v, %v", folders, err)
		}
	})
}

func TestAnswersThatAreNone(t *testing.T) {
	run(t, func(t *testing.T, s *answer.Service, _ *[]int64) {
		for name, a := range map[string]answer.Answer{
			"nothing":        {Text: " \n"},
			"too long":       {Text: strings.Repeat("ä", answer.MaxText+1)},
			"two words":      {Text: "x", Keyword: "two words"},
			"a long keyword": {Text: "x", Keyword: strings.Repeat("k", answer.MaxKeyword+1)},
			"a zero":         {Text: "a\x00b"},
		} {
			_, err := s.Save(t.Context(), boss, a)
			if err == nil || fault.Of(err).Code != "INVALID_ANSWER" {
				t.Errorf("%s: %v", name, err)
			}
		}
		_, err := s.Save(t.Context(), boss, answer.Answer{FolderID: 9, Text: "x"})
		code(t, err, "ANSWER_FOLDER_NOT_FOUND")
		_, err = s.Save(t.Context(), boss, answer.Answer{ID: 9, Text: "x"})
		code(t, err, "ANSWER_NOT_FOUND")
		for n := range answer.MaxFolders {
			if _, err := s.SaveFolder(t.Context(), ann, answer.Folder{OwnerID: 2, Name: strings.Repeat("n", n+1)[:min(n+1, 90)] + string(rune(0x4e00+n))}); err != nil {
				t.Fatal(err)
			}
		}
		_, err = s.SaveFolder(t.Context(), ann, answer.Folder{OwnerID: 2, Name: "One more"})
		code(t, err, "TOO_MANY_ANSWERS")
	})
}
