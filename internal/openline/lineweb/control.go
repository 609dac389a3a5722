package lineweb

import "github.com/portico-hq/portico/internal/web/ui"

// control is a setting on a page: the name of its field, and what it does in a sentence.
type control struct {
	Name, Label, Help string
	Options           []ui.Option // of a choice
	Rows              int         // of a text; 0: a single line
	Zero              string      // what 0 means, for numbers and times
	If                string      // the name of the flag without which it does nothing; it is shown beneath it then
	Unless            string      // the name of the choice beside which it does nothing, unless that is "0"
}

// group is some settings with a heading.
type group struct {
	Title, Text string
	Controls    []control
}

// tab is a page of a line.
type tab struct {
	Slug, Title string
	Groups      []group
}

// rules are what can be done at some point of a conversation.
var rules = []ui.Option{{Value: "none", Title: "Do nothing"}, {Value: "text", Title: "Send a text"}}

// tabs are the pages of a line in their order.
var tabs = []tab{
	{Slug: "", Title: "Queue", Groups: []group{
		{Title: "The line", Controls: []control{
			{Name: "LINE_NAME", Label: "Name", Help: "Operators and administrators know the line by it."},
			{Name: "ACTIVE", Label: "The line works", Help: "Switched off, no conversation begins in it; what it has is kept."},
		}},
		{Title: "Distribution", Text: "How a conversation finds the person who answers.", Controls: []control{
			{Name: "QUEUE_TYPE", Label: "Who is asked", Options: []ui.Option{
				{Value: "evenly", Title: "Evenly: who has had none for longest"},
				{Value: "strictly", Title: "Strictly: the first in the queue who is free"},
				{Value: "all", Title: "All at once: who answers first keeps it"},
			}, Help: "With all at once, everybody is told and nobody waits for their turn."},
			{Name: "QUEUE_TIME", Label: "Time to answer", Zero: "as long as they like", Help: "Whoever is asked has this long before the next one is."},
			{Name: "CHECK_AVAILABLE", Label: "Ask only who is there", Help: "People who are offline, on a break or away are passed over. When nobody is there, clients wait, and the one who has waited longest comes first."},
			{Name: "TEMPORARY", Label: "Not finished yet", Help: "A program that sets the line up marks it so until it is done."},
		}},
		{Title: "Load", Controls: []control{
			{Name: "MAX_CHAT", Label: "Conversations at once", Zero: "as many as come", Help: "Whoever has so many is not asked again before one is over."},
			{Name: "TYPE_MAX_CHAT", Label: "What counts", Options: []ui.Option{
				{Value: "answered", Title: "What they have answered"}, {Value: "answered_new", Title: "What they have answered or been given"}, {Value: "closed", Title: "Everything that is not closed for good"},
			}, Help: "Which conversations count against that number."},
			{Name: "SESSION_PRIORITY", Label: "Priority", Zero: "no precedence", Help: "Somebody who answers in several lines gets the conversations of the line with the higher number first."},
		}},
		{Title: "At work", Controls: []control{
			{Name: "WATCH_TYPING", Label: "See what clients are typing", Help: "Operators see the words before they are sent, where the channel tells them."},
			{Name: "CONFIRM_CLOSE", Label: "Ask before a conversation is finished", Help: "Operators confirm it, so that none is finished by a slip."},
			{Name: "QUICK_ANSWERS_IBLOCK_ID", Label: "Canned answers", Help: "Which shared answers operators of this line are offered beside their own. Messages that they keep go there as well."},
		}},
		{Title: "For programs", Controls: []control{
			{Name: "XML_ID", Label: "External name", Help: "Under which programs find the line. People do not see it."},
			{Name: "LANGUAGE_ID", Label: "Language", Help: "The code of the language of its texts: en, de, es, fr, it, pl, pt or ru. Texts that nobody has changed follow it; in another language write them yourselves."},
		}},
		{Title: "Categories", Text: "What conversations are about. The list is kept on the page Categories, beside the lines.", Controls: []control{
			{Name: "CATEGORY_ENABLE", Label: "Operators say what a conversation is about", Help: "They choose a category beside the client, at any time, and are asked for one when they finish a conversation that has none."},
			{Name: "CATEGORY_ID", Label: "Category of new conversations", If: "CATEGORY_ENABLE", Help: "Operators can change it."},
		}},
	}},
	{Slug: "hours", Title: "Working hours", Groups: []group{
		{Title: "When people answer", Controls: []control{
			{Name: "WORKTIME_ENABLE", Label: "The line has working hours", Help: "Without them somebody may be asked at any time."},
			{Name: "WORKTIME_FROM", Label: "From", If: "WORKTIME_ENABLE", Help: "When people begin, on every day that is not off."},
			{Name: "WORKTIME_TO", Label: "To", If: "WORKTIME_ENABLE", Help: "Earlier than the beginning it is on the next day; 23:59 is midnight; the same time is a whole day."},
			{Name: "WORKTIME_TIMEZONE", Label: "Time zone", If: "WORKTIME_ENABLE", Help: "E.g. Europe/Berlin, with its summer time. Empty: the portal's."},
			{Name: "WORKTIME_DAYOFF", Label: "Days off", If: "WORKTIME_ENABLE", Help: "Hours over midnight that began before such a day are still worked."},
			{Name: "WORKTIME_HOLIDAYS", Label: "Holidays", If: "WORKTIME_ENABLE", Help: "Days of every year, e.g. 25.12, 01.01."},
		}},
		{Title: "Clients who write at another time", Text: "What happens outside the working hours, once the line has some.", Controls: []control{
			{Name: "WORKTIME_DAYOFF_RULE", If: "WORKTIME_ENABLE", Label: "What happens", Options: rules, Help: "Their conversation waits in the queue in any case."},
			{Name: "WORKTIME_DAYOFF_TEXT", If: "WORKTIME_ENABLE", Label: "Text", Rows: 3, Help: "Sent once for each conversation."},
			{Name: "WORKTIME_DAYOFF_BOT_ID", If: "WORKTIME_ENABLE", Label: "Bot", Help: "Comes with the text, which may be empty then, and takes part from then on."},
		}},
	}},
	{Slug: "texts", Title: "Texts and bot", Groups: []group{
		{Title: "Greeting", Controls: []control{
			{Name: "WELCOME_MESSAGE", Label: "Greet clients", Help: "The first thing that a client reads."},
			{Name: "WELCOME_MESSAGE_TEXT", Label: "Text", Rows: 3, If: "WELCOME_MESSAGE", Help: "What they read, before anybody has answered."},
			{Name: "SEND_WELCOME_EACH_SESSION", Label: "In every conversation", If: "WELCOME_MESSAGE", Help: "Otherwise only in a client's first."},
		}},
		{Title: "Consent", Controls: []control{
			{Name: "AGREEMENT_MESSAGE", Label: "Ask for consent", Help: "Clients are shown a text to agree to before their first conversation."},
			{Name: "AGREEMENT_ID", Label: "What they agree to", If: "AGREEMENT_MESSAGE", Help: "An agreement of the portal is kept with its versions, and who agreed to it in the chat for sites with their IP address and page: Settings, Agreements. Other channels are told its name and where it is read."},
			{Name: "AGREEMENT_TEXT", Label: "Text", Rows: 3, If: "AGREEMENT_MESSAGE", Unless: "AGREEMENT_ID", Help: "What they agree to. The chat for sites waits until they do; other channels show it."},
		}},
		{Title: "A bot that answers first", Controls: []control{
			{Name: "WELCOME_BOT_ENABLE", Label: "A bot answers first", Help: "Before anybody is asked. By the message 0 a client reaches a person with any bot."},
			{Name: "WELCOME_BOT_ID", Label: "Bot", If: "WELCOME_BOT_ENABLE", Help: "Bots of type O, and those registered for open channels."},
			{Name: "WELCOME_BOT_JOIN", Label: "When it comes", If: "WELCOME_BOT_ENABLE", Options: []ui.Option{{Value: "first", Title: "In a client's first conversation"}, {Value: "always", Title: "In every conversation"}}, Help: "Whether clients who come back meet it again."},
			{Name: "WELCOME_BOT_TIME", Label: "Hands over after", If: "WELCOME_BOT_ENABLE", Zero: "never by itself", Help: "The conversation goes to people then, whatever the bot does."},
			{Name: "WELCOME_BOT_LEFT", Label: "When it leaves", If: "WELCOME_BOT_ENABLE", Options: []ui.Option{{Value: "queue", Title: "As soon as people take over"}, {Value: "close", Title: "At the end: it stays, silent"}}, Help: "What becomes of it once a person has the conversation."},
		}},
		{Title: "Nobody answered", Controls: []control{
			{Name: "NO_ANSWER_TIME", Label: "After", Zero: "nothing happens", Help: "From the moment at which the conversation came into the queue."},
			{Name: "NO_ANSWER_RULE", Label: "What happens", Options: rules, Help: "The client keeps their place in the queue in any case."},
			{Name: "NO_ANSWER_TEXT", Label: "Text", Rows: 3, Help: "Sent once for each conversation."},
			{Name: "NO_ANSWER_BOT_ID", Label: "Bot", Help: "Comes with the text, which may be empty then, and takes part from then on."},
		}},
		{Title: "What clients see of operators", Controls: []control{
			{Name: "OPERATOR_DATA", Label: "Clients see", Options: []ui.Option{
				{Value: "profile", Title: "Name and picture of the profile"}, {Value: "queue", Title: "What is said here of each operator"}, {Value: "hide", Title: "The same for all"},
			}, Help: "Beside what an operator writes, in every channel that shows it."},
		}},
	}},
	{Slug: "closing", Title: "Closing and rating", Groups: []group{
		{Title: "An operator finishes a conversation", Controls: []control{
			{Name: "CLOSE_RULE", Label: "What happens", Options: rules, Help: "At the moment at which the operator is done."},
			{Name: "CLOSE_TEXT", Label: "Text", Rows: 3, Help: "The last words of the line, before a rating is asked for."},
			{Name: "CLOSE_BOT_ID", Label: "Bot", Help: "Comes with the text, which may be empty then, and talks with the client until the end. By 0 they reach the operator again."},
			{Name: "FULL_CLOSE_TIME", Label: "Ends after", Zero: "at once", Help: "Until then the client can rate, or write and go on with the same operator."},
		}},
		{Title: "A client is silent", Controls: []control{
			{Name: "AUTO_CLOSE_TIME", Label: "Closes after", Zero: "never by itself", Help: "Of silence after an operator's answer."},
			{Name: "AUTO_CLOSE_RULE", Label: "What happens", Options: rules, Help: "At the moment at which the conversation closes by itself."},
			{Name: "AUTO_CLOSE_TEXT", Label: "Text", Rows: 3, Help: "Tells the client why, and that they can come back."},
			{Name: "AUTO_CLOSE_BOT_ID", Label: "Bot", Help: "Comes with the text, which may be empty then, and talks with the client until the end. By 0 they reach the operator again."},
			{Name: "AUTO_EXPIRE_TIME", Label: "May be taken up again for", Zero: "never", Help: "A client who writes in that time goes on with the conversation that closed of itself."},
		}},
		{Title: "Rating", Controls: []control{
			{Name: "VOTE_MESSAGE", Label: "Ask for a rating", Help: "At the end of a conversation clients say whether they were helped."},
			{Name: "VOTE_BEFORE_FINISH", Label: "Operators may ask before the end", If: "VOTE_MESSAGE", Help: "They have a button for it in the conversation."},
			{Name: "VOTE_CLOSING_DELAY", Label: "End with the rating", If: "VOTE_MESSAGE", Help: "Once a client has rated, the conversation is over at once."},
			{Name: "VOTE_TIME_LIMIT", Label: "Time to rate", If: "VOTE_MESSAGE", Zero: "as long as it takes", Help: "A rating that comes later is taken for a message."},
			{Name: "VOTE_MESSAGE_1_TEXT", Label: "Asking, with buttons", Rows: 2, If: "VOTE_MESSAGE", Help: "In the portal's own chat for sites."},
			{Name: "VOTE_MESSAGE_1_LIKE", Label: "After a good rating", Rows: 2, If: "VOTE_MESSAGE", Help: "Answers who was helped, in the chat for sites."},
			{Name: "VOTE_MESSAGE_1_DISLIKE", Label: "After a bad rating", Rows: 2, If: "VOTE_MESSAGE", Help: "Answers who was not, in the chat for sites."},
			{Name: "VOTE_MESSAGE_2_TEXT", Label: "Asking, without buttons", Rows: 2, If: "VOTE_MESSAGE", Help: "In other channels clients answer 1 for good and 0 for bad: the text must say so."},
			{Name: "VOTE_MESSAGE_2_LIKE", Label: "After a good rating", Rows: 2, If: "VOTE_MESSAGE", Help: "Answers who was helped, in other channels."},
			{Name: "VOTE_MESSAGE_2_DISLIKE", Label: "After a bad rating", Rows: 2, If: "VOTE_MESSAGE", Help: "Answers who was not, in other channels."},
		}},
	}},
	{Slug: "alerts", Title: "Alerts", Groups: []group{
		{Title: "The first answer", Text: "How long a client may wait for the first words of a person.", Controls: []control{
			{Name: "KPI_FIRST_ANSWER_TIME", Label: "Within", Zero: "nobody watches", Help: "Counted from the moment at which the conversation came into the queue."},
			{Name: "KPI_FIRST_ANSWER_ALERT", Label: "Tell somebody when it is late", Help: "They get a notification."},
			{Name: "KPI_FIRST_ANSWER_LIST", Label: "Who is told", If: "KPI_FIRST_ANSWER_ALERT", Help: "They get the notification, wherever they are."},
			{Name: "KPI_FIRST_ANSWER_TEXT", Label: "Text", Rows: 2, If: "KPI_FIRST_ANSWER_ALERT", Help: "#OPERATOR# is who should have answered, #DIALOG# the conversation."},
		}},
		{Title: "Answers after that", Controls: []control{
			{Name: "KPI_FURTHER_ANSWER_TIME", Label: "Within", Zero: "nobody watches", Help: "Counted from a message of the client that nobody has answered."},
			{Name: "KPI_FURTHER_ANSWER_ALERT", Label: "Tell somebody when it is late", Help: "They get a notification."},
			{Name: "KPI_FURTHER_ANSWER_LIST", Label: "Who is told", If: "KPI_FURTHER_ANSWER_ALERT", Help: "They get the notification, wherever they are."},
			{Name: "KPI_FURTHER_ANSWER_TEXT", Label: "Text", Rows: 2, If: "KPI_FURTHER_ANSWER_ALERT", Help: "#OPERATOR# is who should have answered, #DIALOG# the conversation."},
		}},
		{Title: "Both", Controls: []control{
			{Name: "KPI_CHECK_OPERATOR_ACTIVITY", Label: "Wait for operators who are away", Help: "While who should answer is offline or busy nobody is told; only once they are back and the answer is still missing."},
			{Name: "SEND_NOTIFICATION_EMPTY_QUEUE", Label: "Tell when nobody can answer", Help: "Who manages open channels and who is in the queue get a notification when a client waits and nobody of the queue is there."},
		}},
	}},
}

// tabOf returns the tab with the slug; nil: there is none.
func tabOf(slug string) *tab {
	for i := range tabs {
		if tabs[i].Slug == slug || slug == "queue" && tabs[i].Slug == "" {
			return &tabs[i]
		}
	}
	return nil
}
