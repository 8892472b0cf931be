package org.dctloss;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The arrows between the rooms, and that nothing comes from outside. */
@AnalyzeClasses(packages = "org.dctloss", importOptions = DoNotIncludeTests.class)
class HouseRulesTest {
    /** The classes that use the incubating Vector API. */
    private static final String VECTOR_API = "org\\.dctloss\\.purejava\\.Vector(Strips|FlowGraph|PenaltyRows)(\\$.*)?";

    @ArchTest
    static final ArchRule nothingButTheJdk = classes()
            .that()
            .resideInAPackage("org.dctloss..")
            .and()
            .haveNameNotMatching(VECTOR_API)
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("org.dctloss..", "java..");

    @ArchTest
    static final ArchRule vectorApiIsTheJdks = classes()
            .that()
            .haveNameMatching(VECTOR_API)
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("org.dctloss..", "java..", "jdk.incubator.vector..");

    /** A JVM without the module must never come across them. */
    @ArchTest
    static final ArchRule vectorApiIsLoadedByName = noClasses()
            .that()
            .haveNameNotMatching(VECTOR_API)
            .should()
            .dependOnClassesThat()
            .haveNameMatching(VECTOR_API);

    @ArchTest
    static final ArchRule backendsAreFoundNotNamed = noClasses()
            .that()
            .resideInAnyPackage("org.dctloss", "org.dctloss.spi")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.dctloss.purejava");

    /** The seam and the backends use values (views, penalties, enums), never what stands on top of them. */
    @ArchTest
    static final ArchRule arrowsGoOneWay = noClasses()
            .that()
            .resideInAnyPackage("org.dctloss.spi", "org.dctloss.purejava")
            .should()
            .dependOnClassesThat()
            .haveNameMatching("org\\.dctloss\\.(DctLoss|LossSession|LossOptions|LossChecks|BlockDct|Backends).*");

    @ArchTest
    static final ArchRule valuesKnowNothing = noClasses()
            .that()
            .haveNameMatching("org\\.dctloss\\.(ImageBatch|Penalty|Edge|ColorTransform|Scaling|Reduction"
                    + "|Coefficients|Normalization|DataType)")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.dctloss.spi");

    @ArchTest
    static final ArchRule theLibraryNeverPrints = noClasses()
            .should()
            .accessField(System.class, "out")
            .orShould()
            .accessField(System.class, "err")
            .orShould()
            .callMethod(System.class, "exit", int.class);
}
