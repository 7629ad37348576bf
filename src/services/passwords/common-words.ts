// Words that are too short for the list of common passwords, but common with digits or punctuation around them.

const WORDS = `
  1q2w3e 1q2w3e4r aaa abc abcd abcde abcdef abcdefg access account admin alex alexis amanda amber andrea andrew angel angels
  anthony apple april arsenal asd asdf asdfg asdfgh ashley august austin autumn babygirl banana barbie barney baseball
  batman berlin biteme blue brandon buster butter camaro carlos changeme charlie cheese chelsea chicken chris coffee
  computer cookie corvette cowboy daddy dallas daniel david december default demo diamond dragon eagles edward eminem
  england family february ferrari flower fluffy forever freedom friday friends fuckyou gandalf george ginger google
  guest guitar hannah harley heather hello hockey hunter iloveu iwantu jackson january jasmine jennifer jessica jesus
  john jordan joseph joshua july june justin killer kitty knight lakers letmein liverpool login london louise love lovely
  loveme lover maggie manager march marina martin master matrix matthew maverick may melissa mercedes merlin michael
  michelle mickey mike monday monkey morgan mother mustang mynoob naruto nicole ninja november october oliver orange
  pass passw passwd passwort patrick peanut pepper phoenix player pokemon postern prince princess private purple qaz
  qazwsx qwe qwer qwert qwerty rachel rainbow ranger robert root samsung saturday scooter secret september shadow silver
  snoopy soccer softball sophie spider spring starwars steelers summer sunday sunshine super superman sweety system
  taylor temp test tester thomas thunder thursday tigger tinkle trustno tuesday user vanessa victoria warrior wednesday
  welcome whatever william winner winter wizard xxx yankees yellow zaq zaqxsw zxc zxcv zxcvb zxcvbn`

export const COMMON_WORDS: ReadonlySet<string> = new Set(WORDS.trim().split(/\s+/))
