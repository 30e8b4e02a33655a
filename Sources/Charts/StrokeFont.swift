// A font of strokes, drawn for this project: printable ASCII in a few hundred points.
//
// Idea       A letter is a handful of lines on a grid 4 wide and 9 high, as a plotter would draw it:
//            row 2 is the baseline, row 6 the height of an x, row 8 of a capital, row 0 the deepest.
//            Lines have round ends and any thickness, so one table serves every size and weight.
// Table      Strokes are separated by blanks, points are pairs of digits (column, row). `~` makes a
//            smooth curve with these corners, `o` a smooth closed one. One point is a dot.
// Tests      Tests/ChartsTests/ChartTests.swift

/// The built-in letters.
enum StrokeFont {
  /// Ten grid units make the size of a letter; six lie between one letter and the next.
  static let unitsPerSize = 10.0
  static let advance = 6.0

  /// The strokes of a character, in grid units, y upwards from the baseline.
  ///
  /// Characters outside printable ASCII are shown as an empty box.
  static func strokes(of scalar: Unicode.Scalar) -> [[Point]] {
    let index = Int(scalar.value) - 32
    return glyphs.indices.contains(index) ? glyphs[index] : box
  }

  private static let box = parse("0242480802")

  private static func parse(_ text: Substring) -> [[Point]] {
    text.split(separator: " ").map { stroke in
      let kind = stroke.first
      let digits = stroke.utf8.filter { (0x30...0x39).contains($0) }.map { Double($0) - 48 }
      let points = stride(from: 0, to: digits.count - 1, by: 2).map {
        Point(digits[$0], digits[$0 + 1] - 2)
      }
      switch kind {
      case "~": return smooth(points, isClosed: false)
      case "o": return smooth(points, isClosed: true)
      default: return points
      }
    }
  }

  /// Cuts the corners three times (Chaikin's scheme); open curves keep their ends.
  private static func smooth(_ points: [Point], isClosed: Bool) -> [Point] {
    var points = points
    for _ in 0..<3 {
      var cut: [Point] = isClosed ? [] : [points[0]]
      for i in 0..<(isClosed ? points.count : points.count - 1) {
        let (a, b) = (points[i], points[(i + 1) % points.count])
        cut.append(Point(0.75 * a.x + 0.25 * b.x, 0.75 * a.y + 0.25 * b.y))
        cut.append(Point(0.25 * a.x + 0.75 * b.x, 0.25 * a.y + 0.75 * b.y))
      }
      if !isClosed { cut.append(points[points.count - 1]) }
      points = cut
    }
    return isClosed ? points + [points[0]] : points
  }

  /// One line a character, from the blank to the tilde.
  private static let glyphs: [[[Point]]] = table.split(
    separator: "\n", omittingEmptySubsequences: false
  ).map { parse($0.dropFirst(2)) }

  private static let table = #"""
     |
    !|2825 22
    "|1816 3836
    #|1218 3238 0444 0646
    $|~473818070615354443321203 2921
    %|0248 o07182716 o23344332
    &|~4216172837360403122244
    '|2826
    (|~39272331
    )|~19272311
    *|2723 0446 0644
    +|2327 0545
    ,|2211
    -|0545
    .|22
    /|0149
    0|o1838464432120406 25
    1|062822 0242
    2|~07183847463502 0242
    3|~07183847463525 ~25354443321203
    4|380444 3832
    5|480805 ~0516364543321203
    6|~4738180704 o1636454332120305
    7|084812
    8|o1838474635150607 o1535444332120304
    9|o1838474535150507 ~4643321203
    :|22 25
    ;|25 2211
    <|470543
    =|0646 0444
    >|074503
    ?|~07183847462524 22
    @|~35261524353444473818070312 1232
    A|022842 1434
    B|0208 0828 0525 0222 ~283847463525 ~253544433222
    C|~4738180604123243
    D|0208 0818 0212 ~183846443212
    E|48080242 0535
    F|480802 0535
    G|~473818060412324345 4525
    H|0208 4248 0545
    I|1838 1232 2228
    J|4844 ~4443321203
    K|0208 4804 1542
    L|080242
    M|0208254842
    N|02084248
    O|o1838464432120406
    P|0208 0828 0525 ~283847463525
    Q|o1838464432120406 2442
    R|0208 0828 0525 ~283847463525 2542
    S|~473818070615354443321203
    T|0848 2822
    U|0804 4844 ~040312324344
    V|082248
    W|0812263248
    X|0248 0842
    Y|0825 4825 2522
    Z|08480242
    [|39292131
    \|0941
    ]|19292111
    ^|062846
    _|0141
    `|1827
    a|4642 o1636454332120305
    b|0208 o1636454332120305
    c|~4536160503123243
    d|4842 o1636454332120305
    e|0444 ~444536160503123243
    f|~4838272625 2522 0636
    g|4642 o1636454332120305 ~4241301001
    h|0208 ~0516364544 4442
    i|162622 1232 28
    j|2636 3632 ~32312010 38
    k|0208 4603 1442
    l|182822 1232
    m|0602 ~05162524 2422 ~25364544 4442
    n|0602 ~0516364544 4442
    o|o1636454332120305
    p|0600 o1636454332120305
    q|4640 o1636454332120305
    r|1612 ~14263645
    s|~45361605143443321203
    t|1814 ~14132242 0636
    u|0604 ~040312324344 4642
    v|062246
    w|0612253246
    x|0246 0642
    y|0622 4610
    z|06460242
    {|~39282615242231
    ||2921
    }|~19282635242211
    ~|~04163446
    """#
}
