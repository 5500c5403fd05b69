package dev.slablab.percpu;

import org.openjdk.jol.info.ClassLayout;
import org.openjdk.jol.info.FieldLayout;
import org.openjdk.jol.vm.VM;

/** Prints where this JVM puts the fields of classes: lines that {@link Layout#parse} reads. */
final class LayoutProbe {
  private LayoutProbe() {}

  public static void main(String[] classes) throws ClassNotFoundException {
    System.out.println("layout header " + VM.current().objectHeaderSize() + " 0");
    System.out.println("layout reference " + VM.current().arrayIndexScale("java.lang.Object") + " 0");
    System.out.println("layout longs " + VM.current().arrayBaseOffset("long") + " 0");
    System.out.println("layout references " + VM.current().arrayBaseOffset("java.lang.Object") + " 0");
    for (String name : classes) {
      ClassLayout layout = ClassLayout.parseClass(Class.forName(name));
      for (FieldLayout field : layout.fields()) {
        System.out.println("layout " + name + "." + field.name() + " " + field.offset() + " " + field.size());
      }
      System.out.println("layout " + name + " " + layout.instanceSize() + " 0");
    }
  }
}
