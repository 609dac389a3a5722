package im

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// EntityTask is the entity type of the chats of tasks.
const EntityTask = "TASKS_TASK"

// EntityLink says what a chat belongs to and where its page is (api-reference/chats/im-recent-get.md). All is empty in a chat that
// belongs to nothing.
type EntityLink struct {
	Type string // "TASKS", "LINES", "DEAL"
	Path string // on the portal; empty where there is no page
	ID   string
}

// EntityLink returns the link to what the chat belongs to, as viewer follows it.
func (c Chat) EntityLink(viewer int64) EntityLink {
	l := EntityLink{Type: c.EntityType, ID: c.EntityID}
	switch c.EntityType {
	case EntityTask:
		l.Type = "TASKS"
		if id, err := strconv.ParseInt(c.EntityID, 10, 64); err == nil && id > 0 {
			l.Path = "/company/personal/user/" + strconv.FormatInt(viewer, 10) + "/tasks/task/view/" + strconv.FormatInt(id, 10) + "/"
		}
	case "CRM":
		if kind, _, ok := strings.Cut(c.EntityID, "|"); ok && kind != "" {
			l.Type = kind
		}
	}
	return l
}

// EntityWord is the entity type as answers write the type of a chat: "tasksTask" for TASKS_TASK.
func (c Chat) EntityWord() string {
	var b strings.Builder
	for i, word := range strings.Split(strings.ToLower(c.EntityType), "_") {
		_, first := utf8.DecodeRuneInString(word)
		if i > 0 {
			b.WriteString(strings.ToUpper(word[:first]))
			word = word[first:]
		}
		b.WriteString(word)
	}
	return b.String()
}
