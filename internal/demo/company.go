package demo

import (
	"time"

	"github.com/portico-hq/portico/internal/task"
)

// person is somebody of the company. The first is the administrator.
type person struct {
	first, last, email, position, gender, birthday, phone, inner, city, zone, department string
	look                                                                                 look
}

var people = []person{
	{"Anna", "Berger", "anna@northwind.example", "Managing director", "F", "1983-04-12", "+49 30 5550 100", "100", "Berlin", "Europe/Berlin", "Northwind Goods", look{"#f3d9c9", "#4a2f24", "#2f6f8f", long}},
	{"Mark", "Novak", "mark@northwind.example", "Head of sales", "M", "1987-09-30", "+49 30 5550 110", "110", "Berlin", "Europe/Berlin", "Sales", look{"#eac4a8", "#2b2320", "#8a5a44", short}},
	{"Lena", "Fischer", "lena@northwind.example", "Customer support", "F", "1994-01-22", "+49 30 5550 120", "120", "Berlin", "Europe/Berlin", "Support", look{"#f6dcc8", "#c98f4e", "#5b7f5a", bun}},
	{"Tom", "Okafor", "tom@northwind.example", "Developer", "M", "1991-06-03", "+44 20 5550 130", "130", "London", "Europe/London", "Operations", look{"#7a4b32", "#1c1512", "#c2703d", short}},
	{"Sofia", "Rossi", "sofia@northwind.example", "Designer", "F", "1990-11-17", "+39 02 5550 140", "140", "Milan", "Europe/Rome", "Operations", look{"#e8bd9b", "#3a211a", "#7d4f8c", long}},
	{"Daniel", "Cho", "daniel@northwind.example", "Logistics", "M", "1985-02-08", "+49 40 5550 150", "150", "Hamburg", "Europe/Berlin", "Operations", look{"#edcba5", "#15110f", "#3f5f9a", short}},
	{"Nora", "Haddad", "nora@northwind.example", "Finance", "F", "1988-08-25", "+49 30 5550 160", "160", "Berlin", "Europe/Berlin", "Northwind Goods", look{"#c98f68", "#241712", "#9a3f56", bun}},
	{"Julia", "Lind", "julia@northwind.example", "Sales manager", "F", "1996-05-14", "+46 8 5550 170", "170", "Stockholm", "Europe/Stockholm", "Sales", look{"#f7e0d0", "#d9b26a", "#2c8a7b", long}},
}

// Colleague is the login of somebody who is no administrator, for a second browser.
const Colleague = "mark@northwind.example"

// departments are listed from the top; the head is a first name.
var departments = []struct{ name, head string }{
	{"Northwind Goods", "Anna"}, {"Sales", "Mark"}, {"Support", "Lena"}, {"Operations", "Tom"},
}

// operators answer in the open channel, by their first names.
var operators = []string{"Lena", "Julia"}

// line is one message, written some days ago at a time of day.
type line struct {
	who          string
	daysAgo      int
	hour, minute int
	text         string
}

// when returns the moment of the line; a moment of today that is still to come is moved to the minutes before now.
func (l line) when(now time.Time) time.Time {
	d := now.AddDate(0, 0, -l.daysAgo)
	t := time.Date(d.Year(), d.Month(), d.Day(), l.hour, l.minute, 0, 0, now.Location())
	if t.After(now) {
		return now.Add(-time.Duration(60-l.minute) * time.Second)
	}
	return t
}

// conversation is a chat: the general one, a group with a title, or a private one of two people.
type conversation struct {
	general bool
	title   string
	members []string
	unread  bool // the administrator has not read it
	lines   []line
}

var chats = []conversation{
	{general: true, lines: []line{
		{"Anna", 21, 9, 2, "Good morning, everybody! This is our new portal: chats, tasks and bots on our own machine."},
		{"Mark", 21, 9, 6, "Finally all in one place. Where do I switch on the dark theme?"},
		{"Sofia", 21, 9, 8, "Click your picture at the bottom left. The dark one is [b]really[/b] good."},
		{"Nora", 12, 16, 40, "Please hand in your October receipts by Friday. The form is in the shared folder."},
		{"Tom", 6, 11, 15, "Heads-up: the warehouse scanner moves to the new address tonight at 22:00. Five minutes without labels, at most."},
		{"Daniel", 5, 8, 3, "Labels are back, all good. Thanks, [USER=4]Tom[/USER]!"},
	}},
	{title: "Spring catalogue", members: []string{"Sofia", "Anna", "Mark", "Julia", "Tom"}, unread: true, lines: []line{
		{"Sofia", 4, 10, 12, "First layout of the spring catalogue is ready. 48 pages, the bicycles moved to the front."},
		{"Mark", 4, 10, 30, "Love the cover. Could the prices be larger on page 12? Retailers will ask."},
		{"Sofia", 4, 10, 41, "Done. [i]Also on 14 and 18[/i], so that they match."},
		{"Julia", 2, 14, 5, "Three retailers want it in Swedish. Possible?"},
		{"Tom", 2, 14, 22, "The texts come from the catalogue, so yes, as soon as they are translated there."},
		{"Anna", 1, 9, 48, "Then let us do it. Julia, you have the translation, Sofia the layout, Friday next week."},
		{"Julia", 1, 9, 55, "On it :)"},
		{"Sofia", 0, 8, 47, "New version with the Swedish texts so far: please look at pages 3 to 9."},
		{"Mark", 0, 9, 4, "Page 7 still says \"bicycle bell\" in English, the rest reads well."},
	}},
	{title: "Support shift", members: []string{"Lena", "Anna", "Tom", "Daniel"}, lines: []line{
		{"Lena", 3, 8, 0, "Good morning from the shift. Eleven open conversations from the weekend."},
		{"Daniel", 3, 8, 21, "Parcel 3318 is at the customs office, I am calling them at nine."},
		{"Lena", 3, 9, 34, "Thank you! The client is happy already with an honest answer."},
		{"Tom", 1, 15, 10, "Shop search was slow between 14:50 and 15:05, it is fixed. If somebody asks: no order was lost."},
		{"Lena", 1, 15, 12, "Two asked, both are sorted."},
	}},
	{members: []string{"Mark", "Anna"}, unread: true, lines: []line{
		{"Mark", 2, 17, 32, "The offer for Contoso went out: 240 pieces, 12 % off."},
		{"Anna", 2, 17, 40, "Good. Do they know that we deliver in two parts?"},
		{"Mark", 2, 17, 41, "It is in the second paragraph. They were fine with it on the phone."},
		{"Mark", 0, 9, 15, "They signed! Can you release the order today?"},
	}},
	{members: []string{"Anna", "Nora"}, lines: []line{
		{"Anna", 5, 13, 2, "Could you send me the figures of the quarter before the meeting?"},
		{"Nora", 5, 13, 26, "Revenue 412,300 · cost 286,900 · open invoices 31,450. The details are in the folder."},
		{"Anna", 5, 13, 27, "Perfect, thank you."},
	}},
	{members: []string{"Tom", "Anna"}, lines: []line{
		{"Tom", 1, 11, 0, "Your notebook update is scheduled for tonight, please leave it on."},
		{"Anna", 1, 11, 9, "Will do."},
	}},
	{members: []string{"Lena", "Daniel"}, lines: []line{
		{"Lena", 1, 10, 2, "Is the carrier for Hamburg the same as last week?"},
		{"Daniel", 1, 10, 11, "Yes, pick-up at 16:00."},
	}},
}

// todo is a task. A negative number of days until the deadline is overdue; 0 has none.
type todo struct {
	title, text     string
	by, responsible string
	age             time.Duration
	days            int
	priority        task.Priority
	tags            []string
	done            bool
}

// deadline is at six in the evening of its day.
func (t todo) deadline(now time.Time) time.Time {
	if t.days == 0 {
		return time.Time{}
	}
	d := now.AddDate(0, 0, t.days)
	return time.Date(d.Year(), d.Month(), d.Day(), 18, 0, 0, 0, now.Location())
}

const day = 24 * time.Hour

// The tasks of Anna that are overdue are so since the day before yesterday at least: a bot that asks for what was due before today
// may live in a zone where it is still yesterday.
var tasks = []todo{
	{"Sign the lease for the Hamburg warehouse", "The landlord needs both copies. [b]Keep the annex with the floor plan.[/b]", "Nora", "Anna", 12 * day, -4, task.High, []string{"warehouse"}, false},
	{"Answer the auditor's questions", "Eleven questions, four of them about the stock in transit.", "Nora", "Anna", 9 * day, -2, task.High, []string{"finance"}, false},
	{"Release the Contoso order", "240 pieces in two deliveries.", "Mark", "Anna", 4 * time.Hour, 1, task.Medium, []string{"sales"}, false},
	{"Prepare the quarterly review", "Slides as last time; add a page on returns.", "Anna", "Anna", 6 * day, 6, task.Medium, nil, false},
	{"Call the carrier about late pick-ups", "", "Anna", "Daniel", 8 * day, -2, task.Medium, []string{"warehouse"}, false},
	{"Stocktaking in aisle C", "Start with the pallets that have no label.", "Daniel", "Daniel", 3 * day, 3, task.Low, []string{"warehouse"}, false},
	{"Swedish texts for the spring catalogue", "Pages 3 to 48. The glossary is in the shared folder.", "Anna", "Julia", 1 * day, 9, task.Medium, []string{"catalogue"}, false},
	{"Offer for Fabrikam", "", "Mark", "Julia", 5 * day, -1, task.High, []string{"sales"}, false},
	{"Layout of the Swedish catalogue", "As soon as the texts are there.", "Anna", "Sofia", 1 * day, 11, task.Medium, []string{"catalogue"}, false},
	{"Larger prices on pages 12, 14 and 18", "", "Mark", "Sofia", 4 * day, -3, task.Medium, []string{"catalogue"}, true},
	{"Move the scanner to the new address", "Tell everybody a day before.", "Daniel", "Tom", 10 * day, -6, task.High, nil, true},
	{"Write down how the shop search is restarted", "So that the shift can do it without a developer.", "Lena", "Tom", 1 * day, 4, task.Medium, []string{"support"}, false},
	{"Answer templates for delivery questions", "Ten cover nine of ten questions.", "Lena", "Lena", 7 * day, -1, task.Low, []string{"support"}, false},
	{"Collect the October receipts", "", "Nora", "Nora", 12 * day, 2, task.Medium, []string{"finance"}, false},
	{"Ideas for the summer party", "No deadline: write down what comes to mind.", "Anna", "Mark", 15 * day, 0, task.Low, nil, false},
}
