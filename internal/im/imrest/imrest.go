// Package imrest holds the messenger's REST methods.
package imrest

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
)

// Users tells who people are; *user.Service is one.
type Users interface {
	Many(ctx context.Context, ids []int64) (map[int64]user.User, error)
	List(ctx context.Context, q user.Query) ([]user.User, error)
	Page(ctx context.Context, q user.Query) ([]user.User, int64, error)
	Departments(ctx context.Context, q user.DepartmentQuery) ([]user.Department, int64, error)
	DepartmentsAbove(ctx context.Context, ids []int64) ([]user.Department, error)
	DepartmentsBelow(ctx context.Context, ids []int64) ([]user.Department, error)
	EmployeesOf(ctx context.Context, departments []int64) (map[int64][]int64, error)
}

// Tasks makes tasks of messages.
type Tasks interface {
	// FromMessage makes a task of actor's with a title and what the message says.
	FromMessage(ctx context.Context, actor int64, title string, m im.Message) error
}

// Status is what a person lets others know of themselves.
type Status struct {
	Chosen string    // "online", "dnd", "away", "break"
	Idle   time.Time // since when they are away from the computer; zero: they are not
}

// Presence keeps people's statuses.
type Presence interface {
	// Statuses returns what others see of people.
	Statuses(ctx context.Context, userIDs []int64) (map[int64]Status, error)
	SetStatus(ctx context.Context, userID int64, status string) error
	// SetIdle says since when a person is away; the zero time says that they are back.
	SetIdle(ctx context.Context, userID int64, since time.Time) error
}

// Notifications counts what a person has not read of theirs.
type Notifications interface {
	Unread(ctx context.Context, userID int64) (int64, error)
}

// Bot is what answers say of a bot beside its being a user.
type Bot struct {
	Code     string `json:"code"`
	Type     string `json:"type"` // "bot", "network", "openline" or "supervisor"
	AppID    string `json:"app_id"`
	OpenLine bool   `json:"is_support_openline"`
	Hidden   bool   `json:"is_hidden"`
}

// Bots tells what bots are; those of ids that are none are missing.
type Bots interface {
	Describe(ctx context.Context, ids []int64) (map[int64]Bot, error)
}

// Config is what the methods need beside the messenger.
type Config struct {
	Users    Users
	Bots     Bots          // nil: nothing is said of bots
	BaseURL  func() string // the portal's address, e.g. "https://portal.example.com"
	Tasks    Tasks         // nil: no tasks are made of messages
	Presence Presence
	// Notifications may be nil: nobody has any.
	Notifications Notifications
	Files         Files // nil: no message carries any
}

// botPages are the pages of the methods that applications of chat bots have names of their own for.
const botPages = "api-reference/chat-bots/outdated/chats/"

type handlers struct {
	im  *im.Service
	cfg Config
}

// The folders of the pages that describe the methods.
const (
	pages       = "api-reference/chats/"
	msgPages    = pages + "messages/"
	updatePages = pages + "chat-update/"
	memberPages = pages + "chat-users/"
	extraPages  = pages + "special-operations/"
	userPages   = pages + "users/"
	deptPages   = pages + "departments/"
	searchPages = pages + "search/"
)

// Register adds the messenger's methods to r.
func Register(r *rest.Registry, s *im.Service, c Config) {
	h := handlers{s, c}
	h.registerChats(r)
	h.registerMessages(r)
	h.registerPeople(r)
	h.registerSearch(r)
}

func (h handlers) registerChats(r *rest.Registry) {
	r.Add(
		rest.M("im.chat.add", "im", rest.Everyone, "Creates a chat.", h.chatAdd, rest.Doc(pages+"im-chat-add.md")),
		// For applications of chat bots the same methods have names and a scope of their own.
		rest.M("imbot.chat.get", "imbot", rest.Everyone, "Finds the chat of something.", h.chatGet, rest.Doc(botPages+"imbot-chat-get.md")),
		rest.M("im.chat.get", "im", rest.Everyone, "Finds the chat of something.", h.chatGet, rest.Doc(pages+"im-chat-get.md")),
		rest.M("im.chat.updateTitle", "im", rest.Everyone, "Renames a chat.", h.chatUpdateTitle,
			rest.Doc(updatePages+"im-chat-update-title.md")),
		rest.M("im.chat.updateColor", "im", rest.Everyone, "Changes the colour of a chat.", h.chatUpdateColor,
			rest.Doc(updatePages+"im-chat-update-color.md")),
		rest.M("im.chat.updateAvatar", "im", rest.Everyone, "Changes the picture of a chat.", h.chatUpdateAvatar,
			rest.Doc(updatePages+"im-chat-update-avatar.md")),
		rest.M("im.chat.setOwner", "im", rest.Everyone, "Makes another member the owner of a chat.", h.chatSetOwner,
			rest.Doc(updatePages+"im-chat-set-owner.md")),
		rest.M("im.chat.mute", "im", rest.Everyone, "Turns the user's notifications of a chat off or on.", h.chatMute,
			rest.Doc(extraPages+"im-chat-mute.md")),
		rest.M("im.chat.leave", "im", rest.Everyone, "Takes the user out of a chat.", h.chatLeave, rest.Doc(memberPages+"im-chat-leave.md")),
		rest.M("im.chat.user.add", "im", rest.Everyone, "Adds users to a chat.", h.chatUserAdd, rest.Doc(memberPages+"im-chat-user-add.md")),
		rest.M("im.chat.user.delete", "im", rest.Everyone, "Removes a user from a chat.", h.chatUserDelete,
			rest.Doc(memberPages+"im-chat-user-delete.md")),
		rest.M("im.chat.user.list", "im", rest.Everyone, "Lists the ids of a chat's members.", h.chatUserList,
			rest.Doc(memberPages+"im-chat-user-list.md")),
		rest.M("im.recent.list", "im", rest.Everyone, "Lists the user's chats, those with the latest message first.", h.recentList,
			rest.Doc(pages+"im-recent-list.md")),
		rest.M("im.recent.get", "im", rest.Everyone, "Lists the user's chats in short.", h.recentGet, rest.Doc(pages+"im-recent-get.md")),
		rest.M("im.recent.pin", "im", rest.Everyone, "Puts a chat above the others of the user's list.", h.recentPin,
			rest.Doc(extraPages+"im-recent-pin.md")),
		rest.M("im.recent.hide", "im", rest.Everyone, "Takes a chat off the user's list.", h.recentHide,
			rest.Doc(extraPages+"im-recent-hide.md")),
		rest.M("im.recent.unread", "im", rest.Everyone, "Marks a chat as unread, or as read.", h.recentUnread,
			rest.Doc(extraPages+"im-recent-unread.md")),
		rest.M("im.counters.get", "im", rest.Everyone, "Counts what the user has not read.", h.countersGet,
			rest.Doc(pages+"im-counters-get.md")),
		rest.M("im.revision.get", "im", rest.Everyone, "Tells the revisions of the messenger's API.", h.revisionGet,
			rest.Doc(pages+"im-revision-get.md")),
	)
}

func (h handlers) registerMessages(r *rest.Registry) {
	r.Add(
		rest.M("im.message.add", "im", rest.Everyone, "Sends a message to a chat.", h.messageAdd, rest.Doc(msgPages+"im-message-add.md")),
		rest.M("im.message.update", "im", rest.Everyone, "Changes a message of the user's.", h.messageUpdate,
			rest.Doc(msgPages+"im-message-update.md")),
		rest.M("im.message.delete", "im", rest.Everyone, "Removes a message.", h.messageDelete, rest.Doc(msgPages+"im-message-delete.md")),
		rest.M("im.message.like", "im", rest.Everyone, "Likes a message, or takes it back.", h.messageLike,
			rest.Doc(msgPages+"im-message-like.md")),
		rest.M("im.message.share", "im", rest.Everyone, "Makes a chat or a task of a message.", h.messageShare,
			rest.Doc(msgPages+"im-message-share.md")),
		rest.M("imbot.dialog.get", "imbot", rest.Everyone, "Describes a dialog.", h.dialogGet, rest.Doc(botPages+"imbot-dialog-get.md")),
		rest.M("im.dialog.get", "im", rest.Everyone, "Describes a dialog.", h.dialogGet, rest.Doc(pages+"im-dialog-get.md")),
		rest.M("im.dialog.users.list", "im", rest.Everyone, "Lists who is in a dialog.", h.dialogUsersList,
			rest.Doc(memberPages+"im-dialog-users-list.md")),
		rest.M("im.dialog.messages.get", "im", rest.Everyone, "Lists messages of a chat.", h.dialogMessagesGet,
			rest.Doc(msgPages+"im-dialog-messages-get.md")),
		rest.M("im.dialog.messages.search", "im", rest.Everyone, "Finds messages of a chat.", h.dialogMessagesSearch,
			rest.Doc(msgPages+"im-dialog-messages-search.md")),
		rest.M("im.dialog.read", "im", rest.Everyone, "Marks messages of a dialog as read.", h.dialogRead,
			rest.Doc(msgPages+"im-dialog-read.md")),
		rest.M("im.dialog.unread", "im", rest.Everyone, "Marks messages of a dialog as unread.", h.dialogUnread,
			rest.Doc(msgPages+"im-dialog-unread.md")),
		rest.M("im.dialog.read.all", "im", rest.Everyone, "Marks all messages of all dialogs as read.", h.dialogReadAll,
			rest.Doc(extraPages+"im-dialog-read-all.md")),
		rest.M("im.dialog.writing", "im", rest.Everyone, "Shows that the user is writing.", h.dialogWriting,
			rest.Doc(msgPages+"im-dialog-writing.md")),
	)
}

func (h handlers) registerPeople(r *rest.Registry) {
	r.Add(
		rest.M("im.user.get", "im", rest.Everyone, "Describes a user.", h.userGet, rest.Doc(userPages+"im-user-get.md")),
		rest.M("im.user.list.get", "im", rest.Everyone, "Describes users.", h.userListGet, rest.Doc(userPages+"im-user-list-get.md")),
		rest.M("im.user.status.get", "im", rest.Everyone, "Tells the user's status.", h.statusGet,
			rest.Doc(userPages+"im-user-status-get.md")),
		rest.M("im.user.status.set", "im", rest.Everyone, "Sets the user's status.", h.statusSet,
			rest.Doc(userPages+"im-user-status-set.md")),
		rest.M("im.user.status.idle.start", "im", rest.Everyone, "Says that the user is away from the computer.", h.idleStart,
			rest.Doc(userPages+"im-user-status-idle-start.md")),
		rest.M("im.user.status.idle.end", "im", rest.Everyone, "Says that the user is back.", h.idleEnd,
			rest.Doc(userPages+"im-user-status-idle-end.md")),
		rest.M("im.department.get", "im", rest.Everyone, "Describes departments.", h.departmentGet,
			rest.Doc(deptPages+"im-department-get.md")),
		rest.M("im.department.employees.get", "im", rest.Everyone, "Lists the employees of departments.", h.departmentEmployees,
			rest.Doc(deptPages+"im-department-employees-get.md")),
		rest.M("im.department.managers.get", "im", rest.Everyone, "Lists the managers of departments.", h.departmentManagers,
			rest.Doc(deptPages+"im-department-managers-get.md")),
		rest.M("im.department.colleagues.list", "im", rest.Everyone, "Lists the user's colleagues.", h.colleagues,
			rest.Doc(deptPages+"im-department-colleagues-list.md")),
	)
}

func (h handlers) registerSearch(r *rest.Registry) {
	r.Add(
		rest.M("im.search.user.list", "im", rest.Everyone, "Finds users.", h.searchUsers, rest.Doc(searchPages+"im-search-user-list.md")),
		rest.M("im.search.chat.list", "im", rest.Everyone, "Finds chats of the user.", h.searchChats,
			rest.Doc(searchPages+"im-search-chat-list.md")),
		rest.M("im.search.department.list", "im", rest.Everyone, "Finds departments.", h.searchDepartments,
			rest.Doc(searchPages+"im-search-department-list.md")),
		rest.M("im.search.last.get", "im", rest.Everyone, "Lists what the user searched for last.", h.searchLast,
			rest.Doc(searchPages+"im-search-last-get.md")),
		rest.M("im.search.last.add", "im", rest.Everyone, "Adds to what the user searched for.", h.searchLastAdd,
			rest.Doc(searchPages+"im-search-last-add.md")),
		rest.M("im.search.last.delete", "im", rest.Everyone, "Removes from what the user searched for.", h.searchLastDelete,
			rest.Doc(searchPages+"im-search-last-delete.md")),
	)
}

// flag reads a Y/N parameter that may be left out.
func flag(text string, fallback bool) (value, ok bool) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "":
		return fallback, true
	case "y", "1", "true":
		return true, true
	case "n", "0", "false":
		return false, true
	}
	return false, false
}

// pick returns the fault that a method documents for err; err itself where it documents none.
func pick(err error, table map[*fault.Fault]*fault.Fault) error {
	for from, to := range table {
		if errors.Is(err, from) {
			return to.Because(err)
		}
	}
	return err
}

// atom writes a time as the documentation does, in the zone of the answer's own time.
func atom(t time.Time, zone *time.Location) string {
	return t.In(zone).Format("2006-01-02T15:04:05-07:00")
}
