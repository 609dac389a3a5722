package im_test

import (
	"testing"

	"github.com/portico-hq/portico/internal/im"
)

func TestWhatAChatBelongsTo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind, id, word string
		want           im.EntityLink
	}{
		{"", "", "", im.EntityLink{}},
		{"LINES", "chat|1|2|3", "lines", im.EntityLink{Type: "LINES", ID: "chat|1|2|3"}},
		{"TASKS_TASK", "17", "tasksTask", im.EntityLink{Type: "TASKS", Path: "/company/personal/user/5/tasks/task/view/17/", ID: "17"}},
		{"TASKS_TASK", "../x", "tasksTask", im.EntityLink{Type: "TASKS", ID: "../x"}}, // what an application called so
		{"CRM", "DEAL|7", "crm", im.EntityLink{Type: "DEAL", ID: "DEAL|7"}},
		{"CRM", "7", "crm", im.EntityLink{Type: "CRM", ID: "7"}},
		{"SONET_GROUP", "3", "sonetGroup", im.EntityLink{Type: "SONET_GROUP", ID: "3"}},
		{"_ODD__ÄB_", "3", "OddÄb", im.EntityLink{Type: "_ODD__ÄB_", ID: "3"}},
	} {
		chat := im.Chat{EntityType: c.kind, EntityID: c.id}
		if got := chat.EntityLink(5); got != c.want {
			t.Errorf("%s %s: %+v", c.kind, c.id, got)
		}
		if got := chat.EntityWord(); got != c.word {
			t.Errorf("%s: %q", c.kind, got)
		}
	}
}
